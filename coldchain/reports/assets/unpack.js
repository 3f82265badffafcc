// A page in a frame of a notebook: it unpacks itself, and takes the place of this script.
(async () => {
  const bytes = Uint8Array.from(atob("PACKED"), (one) => one.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))
  const text = await new Response(stream).text()
  document.open()
  document.write(text)
  document.close()
})()
