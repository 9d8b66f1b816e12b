// Put into the page before its own scripts: when a key was pressed, when the page sent something, when a chart or a
// figure that changed was on screen. Times are those of performance.now().
(() => {
  const seen = { key: 0, sent: 0, charts: [], figures: [] };
  // Figures stand in elements of class ms.
  const isFigure = ({ type, target, addedNodes }) => type !== 'attributes' && (
    (target.closest ? target : target.parentElement)?.closest('.ms')
    || [...addedNodes].some((node) => node.matches?.('.ms') || node.querySelector?.('.ms')));
  // What is called in the frame after the change is called after it was painted.
  const painted = (list) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => list.push(performance.now());
    channel.port2.postMessage(null);
  });
  const note = (changes) => {
    if (changes.some((one) => one.attributeName === 'data-drawn')) painted(seen.charts);
    if (changes.some(isFigure)) painted(seen.figures);
  };
  const watch = () => new MutationObserver(note).observe(document.documentElement, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['data-drawn'],
  });
  if (document.documentElement) watch(); else document.addEventListener('readystatechange', watch, { once: true });
  addEventListener('keydown', (event) => {
    Object.assign(seen, { key: event.timeStamp, sent: 0, charts: [], figures: [] });
  }, true);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function sent(...what) {
    if (seen.key && !seen.sent) seen.sent = performance.now();
    return send.apply(this, what);
  };
  // Milliseconds from the key to what was seen last, once nothing has changed for `quiet`; null when nothing changes.
  window.__moved = (kind, quiet, patience) => new Promise((done) => {
    const look = () => {
      const now = performance.now();
      const last = seen[kind].at(-1);
      if (last !== undefined && now - last >= quiet) {
        done({ sent: seen.sent - seen.key, first: seen[kind][0] - seen.key, last: last - seen.key });
      } else if (now - seen.key > patience) done(null);
      else setTimeout(look, 20);
    };
    look();
  });
})();
