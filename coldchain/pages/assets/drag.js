// Moves the site under the finger; where it is dropped its place is edited, as in the table. mode 1 is "drag a site".
const at = cb_obj, d = sites.data
if (at.event_name === "panstart") {
  sites.held = -1
  if (mode.active !== 1) return
  let nearest = reach * (plot.x_range.end - plot.x_range.start) / plot.inner_width
  for (let n = 0; n < d.x.length; n++) {
    const far = Math.hypot(d.x[n] - at.x, d.y[n] - at.y)
    if (far < nearest) {
      nearest = far
      sites.held = n
    }
  }
}
const n = sites.held ?? -1
if (n < 0) return
if (at.event_name === "panend") {
  const kept = (degrees) => Number(degrees.toFixed(places))
  sites.held = -1
  sites.patch({
    lon: [[n, kept(origin[0] + d.x[n] / degree[0])]], lat: [[n, kept(origin[1] + d.y[n] / degree[1])]],
  })
} else {
  d.x[n] = at.x
  d.y[n] = at.y
  sites.change.emit()
}
