/** The element that stays when a menu closes: the button that opened it, for an entry; else the element itself. */
function lasting(element: Element | null): HTMLElement | null {
  const menu = element?.closest('[role="menu"]');
  const opener = menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : element;
  return opener instanceof HTMLElement && opener !== document.body ? opener : null;
}

/** Call when something opens over the page; call the result when it has closed: the focus is back where it was. */
export function rememberFocus(): () => void {
  const before = lasting(document.activeElement);
  return () => {
    setTimeout(() => {
      const lost = document.activeElement === null || document.activeElement === document.body || !document.activeElement.isConnected;
      if (!lost) return;
      if (before?.isConnected) before.focus();
      // it was open from the start: a link led here
      else document.querySelector<HTMLElement>('main h1[tabindex]')?.focus({ preventScroll: true });
    }, 60);
  };
}
