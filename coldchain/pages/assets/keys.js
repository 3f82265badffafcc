// Tab leaves a table, arrows move in it; and a table whose selection changes elsewhere does not take the focus.
(() => {
  const table = (event) => event.composedPath().find((one) => one.classList?.contains("bk-DataTable"))
  const field = (event) => /^(INPUT|SELECT|TEXTAREA)$/.test(event.composedPath()[0].tagName)
  let moving = false, last = null, from = null
  addEventListener("pointerdown", () => { moving = true }, true)
  addEventListener("keydown", (event) => {
    moving = event.key === "Tab"
    last = event.composedPath()[0]
    from = table(event)
    if (moving && from && !field(event)) event.stopImmediatePropagation()
  }, true)
  addEventListener("focusin", (event) => {
    const inside = table(event)
    if (inside && !moving && from !== inside && last?.isConnected) {
      last.focus()
    } else {
      from = inside
    }
  }, true)
})()
