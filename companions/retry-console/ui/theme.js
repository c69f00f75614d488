// Sets the chosen colours before the first paint, so that a dark page does not flash white. A classic script: modules
// run only after the document was parsed.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('retry-console-theme');
  } catch {
    // Storage may be forbidden; then the system's colours are used.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
