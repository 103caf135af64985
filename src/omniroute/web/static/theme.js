// A classic script in the head: the theme stands before the first paint.
(() => {
  try {
    const theme = localStorage.getItem("omniroute.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* storage may be refused: the system's theme is right then */ }
})();
