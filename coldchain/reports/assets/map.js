// The map page at work: cards, search, seasons, layers, the slider, labels that do not overlap, printing.
"use strict"
;(() => {
  const told = JSON.parse(document.getElementById("told").textContent)
  const words = told.words
  const $ = (id) => document.getElementById(id)
  const state = { season: -1, measure: told.measure, frame: told.frames ? told.frames.length - 1 : 0 }
  let doc, panes

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all))
  const number = (value, digits = 0) =>
    value == null || Number.isNaN(value)
      ? "–"
      : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const gap = told.lang == "zh" ? "" : "\u00a0"
  const percent = (share, digits = 1) => `${number(100 * share, digits)}%`
  const tonnes = (t) => `${number(t, Math.abs(t) < 10 ? 1 : 0)}${gap}${words.t}`
  const hours = (h) => (h == null ? "–" : `${number(h, 1)}${gap}${words.h}`)
  const money = (cny) =>
    told.lang == "zh"
      ? Math.abs(cny) < 1e4 ? `${number(cny)}元` : `${number(cny / 1e4, 1)}万元`
      : Math.abs(cny) < 1e4 ? `CNY ${number(cny)}` : `CNY ${number(cny / 1e6, 2)} M`

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag)
    for (const [key, value] of Object.entries(attributes ?? {})) {
      if (key == "onclick") node.addEventListener("click", value)
      else node.setAttribute(key, value)
    }
    node.append(...children.filter((child) => child != null))
    return node
  }

  const row = (label, ...cells) => el("tr", {}, el("td", {}, label), ...cells.map((cell) => el("td", {}, cell)))
  const facts = (rows) => el("table", {}, ...rows.filter(Boolean).map(([label, text]) => row(label, text)))
  const link = (pane, kind, index) => {
    const source = pane.sources[kind]
    return el("button", { class: "link", onclick: () => choose(kind, source.data.key[index], true) },
      source.data.label[index])
  }

  // ---- cards: what was clicked, how much, and why -------------------------------------------------------------------
  function bar(share) {
    const width = Math.min(100, Math.max(0, 100 * share))
    const inner = el("i", { style: `width:${width}%`, class: share >= 0.95 ? "full" : "" })
    return el("span", { class: "use", role: "img", "aria-label": percent(share, 0) }, inner)
  }

  function depotCard(pane, n) {
    const d = pane.sources.depots.data
    const card = pane.cards?.depots[n]
    const parts = [
      el("h3", {}, d.label[n]),
      facts([
        [words.status, d.status_text[n]],
        [words.county, d.county[n]],
        [words.modules, d.modules[n] || "–"],
        d.capex_cny && [words.investment, money(d.capex_cny[n])],
        d.subsidy_cny && [words.award, money(d.subsidy_cny[n])],
        [words.cooled, fill(words.tonnes_of_villages, { t: tonnes(d.tonnes_year[n]), n: number(d.villages[n]) })],
        d.haul_km && [words.to_hub, `${hubName(pane, d.hub[n])}, ${number(d.haul_km[n], 1)} km, ${hours(d.haul_h[n])}`],
      ]),
    ]
    if (!card) return parts
    parts.push(el("h4", {}, words.why), ...depotReasons(pane, card))
    if (card.products?.length)
      parts.push(el("h4", {}, words.products), ...card.products.map((text) => el("p", {}, text)))
    parts.push(el("h4", {}, words.use_by_season))
    const head = el("tr", {}, el("th", {}, ""), ...["t", "use_peak"].map((key) => el("th", {}, words[key])))
    const table = el("table", { class: "seasons" }, head)
    for (const [zone, capacity, cooled, use] of card.zones) {
      table.append(el("tr", { class: "zone" },
        el("td", { colspan: 3 }, `${zone}, ${number(capacity, 1)} ${words.t_day}`)))
      pane.cards.periods.forEach((name, p) =>
        table.append(row(name, number(cooled[p]), el("span", {}, bar(use[p]), ` ${percent(use[p], 0)}`))))
    }
    parts.push(table, el("h4", {}, fill(words.villages_served, { n: number(card.villages.length) })))
    const list = el("p", { class: "list" })
    card.villages.slice(0, 40).forEach((v) => list.append(link(pane, "villages", v), " "))
    if (card.villages.length > 40) list.append(fill(words.more, { n: card.villages.length - 40 }))
    parts.push(list)
    return parts
  }

  function depotReasons(pane, card) {
    const said = [fill(words.avoids, { t: tonnes(card.avoided_t) })]
    if (card.farther_h != null && card.villages.length)
      said.push(fill(card.farther_h >= 0 ? words.without_farther : words.without_nearer,
        { h: hours(Math.abs(card.farther_h)) }))
    if (card.alone) said.push(fill(words.without_none, { n: number(card.alone) }))
    return said.map((text) => el("p", {}, text))
  }

  function reason(pane, [d, zone, own, code, other, otherH, season]) {
    const names = pane.sources.depots.data.label
    const values = { depot: names[d], zone, h: hours(own), other: names[other], other_h: hours(otherH),
      season: pane.cards.periods[season] }
    return fill(words[["why_nearest", "why_full", "why_cheaper"][code]], values)
  }

  function villageCard(pane, n) {
    const v = pane.sources.villages.data
    const card = pane.cards?.villages[n]
    const loss = (share, harvest) => `${percent(share)} · ${tonnes(share * harvest)}`
    const parts = [
      el("h3", {}, v.label[n]),
      facts([
        [words.county, v.county[n]],
        v.town?.[n] && [words.town, v.town[n]],
        v.cooperative?.[n] && [words.cooperative, v.cooperative[n]],
        [words.harvest, tonnes(v.harvest_t[n])],
        [words.cooled_in, percent(v.cooled_share[n], 0)],
        [words.loss_today, loss(v.baseline_rate[n], v.harvest_t[n])],
        [words.loss_plan, loss(v.plan_rate[n], v.harvest_t[n])],
        [words.loss_avoided, tonnes(v.avoided_t[n])],
      ]),
    ]
    if (v.served[n] == 0) parts.push(el("p", { class: "warn" }, `${words.not_served}: ${v.note[n]}`))
    if (!card) {
      const d = v.depot?.[n]
      if (d >= 0) parts.push(el("p", {}, `${words.goes_to} `, link(pane, "depots", d)))
      return parts
    }
    if (card.why.length) parts.push(el("h4", {}, words.why), ...card.why.map((one) => el("p", {}, reason(pane, one))))
    const head = el("tr", {}, ...["crop", "t", "today", "planned", "depot", "until_cooled", "to_market"]
      .map((key) => el("th", {}, words[key])))
    const table = el("table", { class: "crops" }, head)
    for (const [crop, t, share, d, zone, until, away, today] of card.crops) {
      const where = d < 0 ? words.today_chain : link(pane, "depots", d)
      table.append(row(crop, number(t, t < 10 ? 1 : 0), today == null ? "–" : percent(today), percent(share), where,
        until == null ? "–" : number(until, 1), number(away, 1)))
    }
    parts.push(el("h4", {}, words.crops_lost), table)
    return parts
  }

  /** The name of a hub, its id where it has none. */
  function hubName(pane, id) {
    const h = pane.sources.hubs.data
    return h.name[h.hub.indexOf(id)] || id
  }

  function hubCard(pane, n) {
    const h = pane.sources.hubs.data
    return [el("h3", {}, h.label[n]), facts([
      [words.county, h.county[n]],
      h.tonnes_year && [words.chilled_in, tonnes(h.tonnes_year[n])],
      h.onward_h && [words.onward, hours(h.onward_h[n])],
    ])]
  }

  function routeCard(pane, n, source) {
    const r = source.data
    return [el("h3", {}, r.route[n]), facts([
      [words.depot, r.depot[n]],
      [words.season, fill(words.days_of, { season: r.period_name[n], n: number(r.days[n]) })],
      [words.vehicle, r.vehicle_name[n]],
      [words.stops, number(r.stops[n])],
      [words.load, `${number(r.load_kg[n])} kg`],
      [words.way, `${number(r.km[n], 1)} km, ${hours(r.hours[n])}`],
      [words.cost_day, money(r.cost_cny_day[n])],
    ])]
  }

  const CARDS = { depots: depotCard, villages: villageCard, hubs: hubCard }

  function show(found) {
    const card = $("card")
    card.replaceChildren()
    found.forEach(([pane, parts]) => {
      if (panes.length > 1) card.append(el("div", { class: "run" }, pane.title))
      card.append(...parts)
    })
    document.body.classList.toggle("chosen", found.length > 0)
  }

  let choosing = false
  /** Mark a place in every pane, show its card, and go there when asked. */
  function choose(kind, key, go) {
    choosing = true
    const found = []
    for (const pane of panes) {
      let own = -1
      for (const [name, source] of Object.entries(pane.sources)) {
        const n = name == kind ? Array.from(source.data.key).indexOf(key) : -1
        const wanted = n < 0 ? [] : [n]
        if (String(source.selected.indices) != String(wanted)) source.selected.indices = wanted
        if (n >= 0) found.push([pane, CARDS[kind](pane, n)])
        if (n >= 0 && go) goTo(source.data.x[n], source.data.y[n])
        own = Math.max(own, n)
      }
      reach(pane, kind, own)
    }
    choosing = false
    show(found)
    settle()
    $("search").value = ""
    if (go && found.length) $("maps").scrollIntoView({ block: "nearest" })
  }

  /** Show what a tap or a row of a table marked: of several things at one place the depot, then the village. */
  function selected(pane) {
    const changed = pane.changed
    pane.changed = new Set()
    const marked = [...changed].filter((name) => pane.sources[name].selected.indices.length)
    const first = Object.keys(CARDS).find((kind) => marked.includes(kind)) ?? marked[0]
    if (!first) {
      const any = Object.values(pane.sources).some((source) => source.selected.indices.length)
      return any ? undefined : choose("", "", false)
    }
    const source = pane.sources[first]
    const n = source.selected.indices[0]
    if (first in CARDS) return choose(first, source.data.key[n], false)
    choosing = true
    for (const other of Object.values(pane.sources))
      if (other != source && other.selected.indices.length) other.selected.indices = []
    choosing = false
    reach(pane, "", n)
    show([[pane, routeCard(pane, n, source)]])
  }

  function noted(pane, name) {
    if (choosing) return
    if (!pane.changed.size) queueMicrotask(() => selected(pane))
    pane.changed.add(name)
  }

  /** Draw straight lines from a chosen depot to its villages, or from a chosen village to its depots. */
  function reach(pane, kind, n) {
    const { depots, villages } = pane.sources
    const of = villages.data.depot
    let pairs = []
    if (kind == "depots")
      pairs = (pane.cards ? pane.cards.depots[n].villages : [...of.keys()].filter((v) => of[v] == n)).map((v) => [v, n])
    if (kind == "villages")
      pairs = (pane.cards ? pane.cards.villages[n].why.map((one) => one[0]) : [of[n]]).map((d) => [n, d])
    pairs = pairs.filter(([v, d]) => v >= 0 && d >= 0)
    const ends = (axis) => pairs.map(([v, d]) => [villages.data[axis][v], depots.data[axis][d]])
    doc.get_model_by_name(`${pane.key}:reach`).data_source.data = { xs: ends("x"), ys: ends("y") }
  }

  function goTo(x, y) {
    const { x_range, y_range } = panes[0].plot
    const half = Math.min((x_range.end - x_range.start) / 2, told.width_m / 8)
    const tall = (half * (y_range.end - y_range.start)) / (x_range.end - x_range.start)
    x_range.setv({ start: x - half, end: x + half })
    y_range.setv({ start: y - tall, end: y + tall })
  }

  // ---- the frame: equal scale both ways, labels apart -----------------------------------------------------------------
  function fit(pane) {
    const { plot } = pane
    const [w, h] = [plot.inner_width, plot.inner_height]
    if (!(w > 0 && h > 0)) return
    const { x_range, y_range } = plot
    const [wide, tall] = [x_range.end - x_range.start, y_range.end - y_range.start]
    if (Math.abs(wide / w / (tall / h) - 1) < 0.005) return
    const scale = pane.fitted ? wide / w : Math.max(told.width_m / w, told.height_m / h)
    pane.fitted = true
    const [x, y] = [(x_range.start + x_range.end) / 2, (y_range.start + y_range.end) / 2]
    x_range.setv({ start: x - (scale * w) / 2, end: x + (scale * w) / 2 })
    y_range.setv({ start: y - (scale * h) / 2, end: y + (scale * h) / 2 })
  }

  const MOST_VILLAGE_NAMES = 60 // in view: with more of them names would hide the map
  const pen = document.createElement("canvas").getContext("2d")
  const meets = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]

  /** Show as many names as fit, the most important first, none over another or over a depot. */
  function label(pane) {
    const { plot, labels } = pane
    const [w, h] = [plot.inner_width, plot.inner_height]
    const { x_range, y_range } = plot
    const px = (x) => ((x - x_range.start) / (x_range.end - x_range.start)) * w
    const py = (y) => ((y_range.end - y) / (y_range.end - y_range.start)) * h
    const d = labels.data
    const taken = []
    for (const kind of ["depots", "hubs"]) {
      const s = pane.sources[kind].data
      for (let n = 0; n < s.x.length; n++) {
        const r = (s.size?.[n] ?? 18) / 2
        if (r > 1) taken.push([px(s.x[n]) - r, py(s.y[n]) - r, px(s.x[n]) + r, py(s.y[n]) + r])
      }
    }
    const found = pane.sources.villages.selected.indices[0] ?? -1
    const within = (n) => d.x[n] > x_range.start && d.x[n] < x_range.end && d.y[n] > y_range.start && d.y[n] < y_range.end
    const near = d.village.reduce((count, village, n) => count + (village >= 0 && within(n) ? 1 : 0), 0)
    const named = (n) => d.village[n] < 0 || d.village[n] == found || near <= MOST_VILLAGE_NAMES
    const order = Array.from(d.name, (_name, n) => n).sort((a, b) =>
      Number(found >= 0 && d.village[b] == found) - Number(found >= 0 && d.village[a] == found) || a - b)
    const places = Array.from(d.name, () => null)
    for (const n of order) places[n] = spot(n)
    function spot(n) {
      const name = d.name[n]
      if (!name || !named(n) || !within(n)) return null
      const [x, y] = [px(d.x[n]), py(d.y[n])]
      pen.font = `${d.style[n]} ${d.font[n]} ${told.font}`
      const [wide, tall] = [pen.measureText(name).width + 4, 15]
      const gap = d.site[n] >= 0 ? (pane.sources.depots.data.size[d.site[n]] ?? 10) / 2 : d.gap[n]
      const [right, left, over, under] = [gap, -gap - wide, -gap - tall, gap]
      const spots = gap
        ? [[right, -tall], [left, -tall], [right, 0], [left, 0], [-wide / 2, over], [-wide / 2, under],
          [right + 8, -tall / 2], [left - 8, -tall / 2]]
        : [[-wide / 2, -tall / 2]]
      for (const [dx, dy] of spots) {
        const box = [x + dx, y + dy, x + dx + wide, y + dy + tall]
        if (box[0] < 0 || box[2] > w || box[1] < 0 || box[3] > h || taken.some((other) => meets(box, other))) continue
        taken.push(box)
        return [dx + 2, -(dy + tall) + 2]
      }
      return null
    }
    labels.data = { ...d, text: Array.from(d.name, (name, n) => (places[n] ? name : "")),
      dx: places.map((spot) => spot?.[0] ?? 0), dy: places.map((spot) => spot?.[1] ?? 0) }
  }

  let waiting
  function settle() {
    clearTimeout(waiting)
    waiting = setTimeout(() => panes.forEach((pane) => { fit(pane); label(pane) }), 90)
  }

  // ---- seasons, measures, layers, budgets ------------------------------------------------------------------------------
  function season(value) {
    state.season = value
    for (const pane of panes) {
      const id = told.periods[value]?.id
      for (const [name, source] of Object.entries(pane.sources)) {
        if (!name.startsWith("routes")) continue
        const filter = doc.get_model_by_name(`${pane.key}:filter:${name}`)
        filter.booleans = id == null ? null : Array.from(source.data.period, (period) => period == id)
        source.change.emit()
      }
      const depots = pane.sources.depots
      if (told.frames) depots.data = { ...depots.data, size: sizes(frameTonnes(), told.most_t) }
      if (!pane.cards) continue
      const cooled = pane.cards.depots.map((card, n) =>
        value < 0 ? depots.data.tonnes_year[n] : card.zones.reduce((sum, zone) => sum + zone[2][value], 0))
      depots.data = { ...depots.data, size: sizes(cooled, Math.max(...cooled, 1e-9)) }
    }
    settle()
  }

  const sizes = (values, most) => {
    const [small, large] = told.depot_px
    return values.map((t) => (t > 0 || !told.frames ? small + (large - small) * Math.sqrt(Math.max(t, 0) / most) : 0))
  }

  function measure(name) {
    state.measure = name
    $("measure").value = name
    for (const pane of panes) {
      const glyph = doc.get_model_by_name(`${pane.key}:villages`).glyph
      glyph.fill_color = { field: name, transform: doc.get_model_by_name(`colours:${name}`) }
    }
    const { label: title, low, high, colours, share } = told.measures[name]
    $("ramp").replaceChildren(el("b", {}, title), el("span", { class: "steps" }, ...colours.map((colour) =>
      el("i", { style: `background:${colour}` }))), el("span", { class: "ends" },
      el("span", {}, share ? percent(low, 0) : number(low)), el("span", {}, share ? percent(high, 0) : number(high, high < 10 ? 1 : 0))))
  }

  function layer(one, on) {
    panes.forEach((pane) => one.draws.forEach((name) => {
      const renderer = doc.get_model_by_name(`${pane.key}:${name}`)
      if (renderer) renderer.visible = on
    }))
  }

  /** Tonnes of each site at the budget shown, in the season chosen, at the scale of the year. */
  function frameTonnes() {
    const { depots, seasons } = told.frames[state.frame]
    const season = seasons[state.season]
    if (!season) return depots.tonnes_year
    const most = Math.max(...told.frames.flatMap((frame) => frame.seasons[state.season] ?? []), 1e-9)
    return season.map((t) => (t / most) * told.most_t)
  }

  /** Draw the routes of a budget from stop to stop, each with its vehicle's line. */
  function ways(pane, routes) {
    const { depots, villages } = pane.sources
    for (const [name, source] of Object.entries(pane.sources)) {
      if (!name.startsWith("routes_")) continue
      const own = routes.filter((route) => `routes_${route[2]}` == name)
      const at = (axis) => own.map((route) => {
        const depot = depots.data[axis][route[1]]
        return [depot, ...route[9].map((v) => villages.data[axis][v]), depot]
      })
      const column = (k) => own.map((route) => route[k])
      const seasons = Object.fromEntries(told.periods.map(({ id, name: shown }) => [id, shown]))
      source.selected.indices = []
      doc.get_model_by_name(`${pane.key}:filter:${name}`).booleans = null
      source.data = {
        colour: column(1).map((d) => told.by_depot[d % told.by_depot.length]),
        key: column(0), label: column(0), route: column(0), depot: column(1).map((d) => depots.data.label[d]),
        vehicle: column(2), vehicle_name: own.map(() => told.vehicles[name]), period: column(3),
        period_name: column(3).map((id) => seasons[id] ?? id), days: column(4), load_kg: column(5),
        load_t: column(5).map((kg) => kg / 1000), km: column(6), hours: column(7), cost_cny_day: column(8),
        stops: own.map((route) => route[9].length), xs: at("x"), ys: at("y"),
      }
    }
  }

  function budget(n) {
    state.frame = n
    const frame = told.frames[n]
    const pane = panes[0]
    const { depots, villages } = pane.sources
    depots.data = { ...depots.data, ...frame.depots, size: sizes(frameTonnes(), told.most_t) }
    villages.data = { ...villages.data, ...frame.villages }
    const [xs, ys] = [[], []]
    frame.villages.depot.forEach((d, v) => {
      if (d < 0) return
      xs.push([villages.data.x[v], depots.data.x[d]])
      ys.push([villages.data.y[v], depots.data.y[d]])
    })
    doc.get_model_by_name(`${pane.key}:spokes`).data_source.data = { xs, ys }
    ways(pane, frame.routes)
    if (told.periods.length) season(state.season)
    const names = pane.labels.data
    pane.labels.data = { ...names, name: names.full.map((name, k) =>
      names.site[k] < 0 || frame.depots.tonnes_year[names.site[k]] > 0 ? name : "") }
    document.querySelectorAll(".budgets tr").forEach((line, k) => line.classList.toggle("now", k == n + 1))
    $("budget-now").textContent = frame.title
    $("budget-facts").replaceChildren(...frame.facts.map(([key, text]) => el("span", {}, `${key} `, el("b", {}, text))))
    for (const [kind, source] of Object.entries({ depots, villages }))
      if (source.selected.indices.length) choose(kind, source.data.key[source.selected.indices[0]], false)
    settle()
  }

  // ---- controls ------------------------------------------------------------------------------------------------------
  function controls() {
    told.layers.forEach((one) => {
      const swatch = el("span", { class: "swatch" })
      swatch.innerHTML = one.swatch
      if (!one.draws.length) {
        $("layers").append(el("div", { class: "key" }, swatch, el("span", {}, one.label)))
        return
      }
      const box = el("input", { type: "checkbox", id: `layer-${one.draws[0]}` })
      box.checked = one.on
      box.addEventListener("change", () => layer(one, box.checked))
      $("layers").append(el("label", {}, box, swatch, el("span", {}, one.label)))
    })
    $("measure")?.addEventListener("change", (event) => measure(event.target.value))
    $("season")?.addEventListener("change", (event) => season(Number(event.target.value)))
    $("print").addEventListener("click", () => window.print())
    $("close").addEventListener("click", () => choose("", "", false))
    const slider = $("budget")
    document.querySelectorAll(".budgets tr").forEach((line, k) => line.addEventListener("click", () => {
      if (k) { slider.value = k - 1; budget(k - 1) }
    }))
    slider?.addEventListener("input", () => budget(Number(slider.value)))
    search()
  }

  function search() {
    const list = $("places")
    const known = new Map()
    for (const kind of ["depots", "hubs", "villages"])
      for (const pane of panes) {
        const d = pane.sources[kind].data
        Array.from(d.key).forEach((key, n) => {
          const name = `${d.label[n]} · ${words[`kind_${kind}`]}`
          if (!known.has(name)) known.set(name, [kind, key])
        })
      }
    for (const name of known.keys()) list.append(el("option", { value: name }))
    const find = (text) => {
      const wanted = text.trim().toLowerCase()
      if (!wanted) return
      const names = [...known.keys()]
      const low = (name) => name.toLowerCase()
      const found = names.find((name) => low(name) == wanted)
        ?? names.find((name) => low(name).startsWith(wanted)) ?? names.find((name) => low(name).includes(wanted))
      $("search").classList.toggle("none", !found)
      $("search").title = found ? "" : words.not_found
      if (found) choose(...known.get(found), true)
    }
    $("search").addEventListener("change", (event) => find(event.target.value))
    $("search").addEventListener("input", (event) => {
      $("search").classList.remove("none")
      if (known.has(event.target.value)) find(event.target.value)
    })
    $("search-form").addEventListener("submit", (event) => { event.preventDefault(); find($("search").value) })
  }

  // ---- paper: the map as a still picture, the words beside it as small as one page needs ---------------------------------
  const PAPER_PX = 600 // height of a column on a landscape A4 page, under the heading
  function onPaper() {
    $("paper").replaceChildren()
    for (const pane of panes) {
      const view = Bokeh.index.find_one(pane.plot)
      const still = view.export("auto", true).canvas
      const figure = el("figure", {}, el("img", { src: still.toDataURL("image/png") }))
      if (panes.length > 1) figure.prepend(el("figcaption", {}, pane.title))
      $("paper").append(figure)
    }
    const aside = document.querySelector("aside")
    const left = aside.scrollHeight - (aside.querySelector("ul.note")?.offsetHeight ?? 0)
    aside.style.setProperty("--shrink", Math.min(0.7, (1.75 * PAPER_PX) / Math.max(left, 1)).toFixed(3))
  }

  // ---- start, once Bokeh has drawn ---------------------------------------------------------------------------------------
  function start() {
    doc = globalThis.Bokeh?.documents?.[0]
    const plot = doc?.get_model_by_name(`map_${told.panes[0].key}`)
    if (!plot || !Bokeh.index.find_one(plot) || !(plot.inner_width > 0)) return void requestAnimationFrame(start)
    panes = told.panes.map((pane) => {
      const sources = {}
      for (const name of pane.sources) sources[name] = doc.get_model_by_name(`${pane.key}:data:${name}`)
      return { ...pane, sources, changed: new Set(), plot: doc.get_model_by_name(`map_${pane.key}`),
        labels: doc.get_model_by_name(`${pane.key}:data:labels`) }
    })
    for (const pane of panes) {
      for (const [name, source] of Object.entries(pane.sources))
        source.connect(source.selected.properties.indices.change, () => noted(pane, name))
      const { plot: own } = pane
      // A finger opens the card: the boxes of a pointer would lie over the map, and be cut at the edge of a phone.
      if (matchMedia("(hover: none)").matches)
        for (const tool of own.toolbar.tools) if (tool.type == "HoverTool") tool.active = false
      for (const part of [own.x_range, own.y_range]) own.connect(part.change, settle)
      own.connect(own.properties.inner_width.change, settle)
      own.connect(own.properties.inner_height.change, settle)
      fit(pane)
    }
    controls()
    measure(state.measure)
    if ($("season")) season(Number($("season").value))
    if (told.frames) budget(state.frame)
    panes.forEach(label)
    window.addEventListener("beforeprint", onPaper)
    document.body.classList.add("ready")
    globalThis.coldchainMap = { choose, season, measure, budget, panes, onPaper }
  }
  start()
})()
