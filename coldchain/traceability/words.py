"""Words of the Core Business Vocabulary 2.0 and codes of units, as far as a check needs them."""

from __future__ import annotations

from fractions import Fraction


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIONS = frozenset({"ADD", "OBSERVE", "DELETE"})
STEPS = _listed(
    "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting "
    "decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting "
    "installing killing loading other packing picking receiving removing repackaging repairing replacing reserving "
    "retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
    "unloading unpacking void_shipping"
)
DISPOSITIONS = _listed(
    "active available completeness_verified completeness_inferred conformant container_closed container_open damaged "
    "destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_instance mismatch_class "
    "mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed "
    "recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable "
    "unknown"
)
TRANSACTIONS = _listed("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt")
SIDES = frozenset({"owning_party", "possessing_party", "location"})
ALERTS = frozenset({"ALARM_CONDITION", "ERROR_CONDITION"})
COMPONENTS = _listed(
    "x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude "
    "longitude altitude"
)
MEASURED = _listed(
    "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude AmountOfSubstance "
    "AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance "
    "Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity "
    "ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency "
    "Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux "
    "LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate "
    "MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux "
    "RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity "
    "SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux "
    "Wavenumber"
)
LISTS = {
    "BizStep": STEPS, "Disp": DISPOSITIONS, "BTT": TRANSACTIONS, "SDT": SIDES, "Comp": COMPONENTS,
    "voc": MEASURED | ALERTS,
}  # fmt: skip
"""Vocabulary -> its words, by what stands before them in the web vocabulary."""
OLD_NAMES = {"BizStep": "bizstep", "Disp": "disp", "BTT": "btt", "SDT": "sdt"}
CBV, VOC, OLD = "https://ref.gs1.org/cbv/", "https://gs1.org/voc/", "urn:epcglobal:cbv:"

KG = {
    "KGM": Fraction(1), "GRM": Fraction(1, 1000), "MGM": Fraction(1, 10**6), "TNE": Fraction(1000),
    "DTN": Fraction(100), "DJ": Fraction(1, 100), "HGM": Fraction(1, 10), "CGM": Fraction(1, 10**5),
    "LBR": Fraction("0.45359237"), "ONZ": Fraction("0.028349523125"), "STN": Fraction("907.18474"),
    "LTN": Fraction("1016.0469088"),
}  # fmt: skip
"""Units of mass by their codes (UN/ECE Recommendation 20) -> kg."""
OTHER_AMOUNTS = _listed(
    "LTR MLT HLT DMQ CMQ MTQ MMQ GLL GLI FTQ INQ OZA OZI MTR CMT MMT DMT KMT FOT INH YRD MTK CMK MMK DMK FTK HAR "
    "C62 EA NMP BX CT PK H87 XBX XCT XPX"
)
"""Codes of other units in which goods are counted or measured."""
UNITS_OF = {
    "Temperature": frozenset({"CEL", "FAH", "KEL"}),
    "RelativeHumidity": frozenset({"P1"}),
    "AbsoluteHumidity": frozenset({"A93", "KMQ", "GP"}),
    "Pressure": frozenset({"PAL", "KPA", "MPA", "HPA", "A97", "BAR", "MBR", "ATM", "PS", "HN", "D63", "B12"}),
    "Mass": frozenset(KG),
    "Speed": frozenset({"MTS", "KMH", "HM", "KNT", "FS"}),
    "Illuminance": frozenset({"LUX", "KLX", "P25"}),
    "Acceleration": frozenset({"MSK", "K40", "A76", "A73", "C10"}),
    "Angle": frozenset({"DD", "C81", "D61", "D62"}),
    "Length": frozenset({"MTR", "CMT", "MMT", "DMT", "KMT", "FOT", "INH", "YRD", "4H"}),
    "Altitude": frozenset({"MTR", "KMT", "FOT"}),
    "Volume": frozenset({"LTR", "MLT", "HLT", "DMQ", "CMQ", "MTQ", "MMQ", "GLL", "GLI", "FTQ", "INQ"}),
    "Time": frozenset({"SEC", "MIN", "HUR", "DAY", "C26", "B98", "WEE", "MON", "ANN"}),
    "Voltage": frozenset({"VLT", "2Z", "KVT", "D82", "B78"}),
    "ElectricCurrent": frozenset({"AMP", "4K", "B22", "B84", "C39"}),
    "Power": frozenset({"WTT", "KWT", "MAW", "C31", "D80"}),
    "Energy": frozenset({"JOU", "KJO", "WHR", "KWH", "MWH", "D30"}),
    "Frequency": frozenset({"HTZ", "KHZ", "MHZ", "A86"}),
}
"""Measurement -> the codes of its units."""
TEMPERATURES_C = {"CEL": (1.0, 0.0), "KEL": (1.0, -273.15), "FAH": (5 / 9, -160 / 9)}
"""Unit -> factor and constant that make °C of it."""
POSSIBLE_C = (-200.0, 300.0)


def bare(vocabulary: str, text: str) -> str:
    """Return the bare word of a vocabulary, however it is written; empty for words of others.

    Examples
    --------
    >>> [bare("BizStep", text) for text in ("loading", "https://ref.gs1.org/cbv/BizStep-loading", "harvested")]
    ['loading', 'loading', '']
    """
    heads = [VOC, "gs1:"] if vocabulary == "voc" else [f"{CBV}{vocabulary}-", f"cbv:{vocabulary}-"]
    if vocabulary in OLD_NAMES:
        heads.append(f"{OLD}{OLD_NAMES[vocabulary]}:")
    word = next((text.removeprefix(head) for head in heads if text.startswith(head)), text)
    return word if word in LISTS[vocabulary] else ""


def spelt_out(vocabulary: str, text: str) -> str:
    """Return a bare word as the web vocabulary has it; any other text as it is.

    Examples
    --------
    >>> spelt_out("Disp", "in_transit"), spelt_out("Disp", "https://example.org/ripening")
    ('https://ref.gs1.org/cbv/Disp-in_transit', 'https://example.org/ripening')
    """
    if text not in LISTS[vocabulary]:
        return text
    return f"{VOC}{text}" if vocabulary == "voc" else f"{CBV}{vocabulary}-{text}"
