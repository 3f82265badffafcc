// The page of subsidy levels at work: sliders choose budget, rate and cap; frontiers and surfaces follow.
window.addEventListener("load", () => {
  const told = JSON.parse(document.getElementById("told").textContent)
  const $ = (id) => document.getElementById(id)
  const model = (name) => Bokeh.documents[0].get_model_by_name(name)
  const put = (name, data) => { model(name).data = data }
  const number = (value) => (value === null ? NaN : value)
  const state = { figure: 0, budget: Math.floor(told.budgets.length / 2), rate: 0, cap: 0 }
  const byRate = told.rates.length > 1

  // The curve of a panel for a rate and a cap: of that figure, else as the scenario states, else the first.
  function picked(curves, name, wanted) {
    const found = curves.filter((one) => one[name] === wanted)
    if (found.length) return found
    const stated = curves.filter((one) => one[name] === null)
    return stated.length ? stated : curves.filter((one) => one[name] === curves[0][name])
  }

  const curveOf = (panel) =>
    picked(picked(panel.curves, "rate", told.rates[state.rate].at), "cap", told.caps[state.cap].at)[0]

  // A budget buys what the largest budget planned within it buys.
  function place(curve) {
    const most = told.budgets[state.budget].at
    return curve.budget.reduce((found, at, n) => (at <= most + 1e-9 ? n : found), -1)
  }

  // The last plan goes on a little further, so that its tread is seen.
  const tread = 0.04 * (told.budgets.at(-1).at - told.budgets[0].at || 1)
  const stairs = (x, y) => {
    const xs = [], ys = []
    x.forEach((at, n) => { if (n) { xs.push(at); ys.push(number(y[n - 1])) } xs.push(at); ys.push(number(y[n])) })
    if (x.length) { xs.push(x.at(-1) + tread); ys.push(number(y.at(-1))) }
    return [xs, ys]
  }

  function words(figure, curve, n) {
    if (n < 0 || curve.figures[figure.name].at[n] === null) return curve.told[n] ?? told.words.none
    const { at, low, high } = curve.figures[figure.name]
    const say = (value) => (value === null ? told.words.endless : write(value, figure.digits))
    return `${figure.label}: ${say(at[n])} (${say(low[n])} … ${say(high[n])}). ${curve.told[n]}`
  }

  const write = (value, digits) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })

  function frontier(panel, figure) {
    const curve = curveOf(panel), n = place(curve), { at, low, high } = curve.figures[figure.name]
    const others = panel.curves.filter((one) => one !== curve).map((one) => stairs(one.budget, one.figures[figure.name].at))
    const [x, y] = stairs(curve.budget, at)
    put(`${panel.key}:band`, { x, low: stairs(curve.budget, low)[1], high: stairs(curve.budget, high)[1] })
    put(`${panel.key}:line`, { x, y })
    put(`${panel.key}:dots`, { x: curve.budget, y: at.map(number) })
    put(`${panel.key}:others`, { xs: others.map((one) => one[0]), ys: others.map((one) => one[1]) })
    const chosen = n < 0 ? [] : [n]
    put(`${panel.key}:chosen`, {
      x: chosen.map(() => told.budgets[state.budget].at), y: chosen.map(() => number(at[n])),
      low: chosen.map(() => number(low[n])), high: chosen.map(() => number(high[n])),
    })
    $(`${panel.key}-told`).textContent = words(figure, curve, n)
  }

  function surface(panel, figure) {
    const cells = { x: [], y: [], value: [], text: [], ends: [], ink: [], edge: [] }
    const rows = byRate ? told.rates : told.caps, axis = byRate ? "rate" : "cap"
    const shown = byRate ? picked(panel.curves, "cap", told.caps[state.cap].at) : panel.curves
    const span = figure.most - figure.least || 1, curve = curveOf(panel), chosen = place(curve)
    for (const one of shown) {
      const { at, low, high } = one.figures[figure.name], row = rows.find((own) => own.at === one[axis])
      one.budget.forEach((budget, n) => {
        if (at[n] === null) return
        const dark = (at[n] - figure.least) / span > 0.55
        const short = (value) => (value === null ? "∞" : write(value, figure.digits))
        cells.x.push(told.budgets.find((own) => own.at === budget).label)
        cells.y.push(row.label)
        cells.value.push(at[n])
        cells.text.push(write(at[n], figure.digits))
        cells.ends.push(`${short(low[n])}…${short(high[n])}`)
        cells.ink.push(dark ? "#ffffff" : "#22303c")
        cells.edge.push(one === curve && n === chosen ? "#d1603d" : "#ffffff")
      })
    }
    put(`${panel.key}:cells`, cells)
  }

  function show() {
    const figure = told.figures[state.figure], most = told.budgets.at(-1).at, least = told.budgets[0].at
    model("across").setv({ start: least - 0.03 * (most - least || 1), end: most + 0.06 * (most - least || 1) })
    model("up").setv({ start: figure.low, end: figure.high })
    const mapper = model("mapper")
    mapper?.setv({ low: figure.least, high: figure.most > figure.least ? figure.most : figure.least + 1,
      palette: (figure.worse ? told.worse : told.better) })
    for (const panel of told.panels) {
      frontier(panel, figure)
      if (mapper) surface(panel, figure)
    }
    for (const [name, choices] of [["budget", told.budgets], ["rate", told.rates], ["cap", told.caps]]) {
      if ($(name)) {
        $(name).value = state[name]
        $(`${name}-now`).value = choices[state[name]].words ?? choices[state[name]].label
        $(name).setAttribute("aria-valuetext", $(`${name}-now`).value)
      }
    }
  }

  // In a notebook the page stands in a frame, which takes its height.
  function fit() {
    try { if (window.frameElement) window.frameElement.style.height = `${document.body.scrollHeight + 8}px` } catch { /* another origin */ }
  }

  function begin() {
    for (const name of ["figure", "budget", "rate", "cap"]) {
      $(name)?.addEventListener("input", (event) => { state[name] = Number(event.target.value); show() })
    }
    window.coldchainLevels = { told, state, show }
    show()
    fit()
    new ResizeObserver(fit).observe(document.body)
    document.body.classList.add("ready")
  }

  const wait = () => (Bokeh.documents.length && Bokeh.documents[0].is_idle ? begin() : setTimeout(wait, 30))
  wait()
})
