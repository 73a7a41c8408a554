// For the demonstration page only: takes the language asked for or the browser's, and names its own address.
const asked = new URLSearchParams(location.search).get('language') ?? navigator.language;
document.documentElement.lang = asked.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

addEventListener('DOMContentLoaded', () => {
  document.title = document.querySelector('h1:lang(' + document.documentElement.lang + ')').textContent;
  for (const place of document.querySelectorAll('.address'))
    place.textContent = new URL('widget.js', location.href).href;
});
