// Moves the site under the finger; what was dropped where is told once, at the end. mode 1 is "drag a site".
const at = cb_obj
if (at.event_name === "panstart") {
  dropped.held = -1
  if (mode.active !== 1) return
  const d = sites.data
  let nearest = reach * (plot.x_range.end - plot.x_range.start) / plot.inner_width
  for (let n = 0; n < d.x.length; n++) {
    const far = Math.hypot(d.x[n] - at.x, d.y[n] - at.y)
    if (far < nearest) {
      nearest = far
      dropped.held = n
    }
  }
}
const n = dropped.held ?? -1
if (n < 0) return
if (at.event_name === "panend") {
  dropped.held = -1
  dropped.data = { key: [sites.data.key[n]], x: [sites.data.x[n]], y: [sites.data.y[n]] }
} else {
  sites.data.x[n] = at.x
  sites.data.y[n] = at.y
  sites.change.emit()
}
