// Hooks that several screens use.

import { get } from './api.js';
import { useEffect, useLayoutEffect, useRef, useState } from './html.js';

/** Renders the component again every `ms`, for countdowns. */
export function useTick(ms) {
  const [, set] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || set((count) => count + 1), ms);
    return () => clearInterval(timer);
  }, [ms]);
}

/**
 * Reads `api/AT` now, again every `ms` while the page is visible, and when `reload` is called. The data of the last
 * good answer stay while a later one fails.
 */
export function usePolled(at, query, ms) {
  const key = JSON.stringify([at, query]);
  const [result, set] = useState({ key, isLoading: true });
  const again = useRef(() => {});
  useEffect(() => {
    const abort = new AbortController();
    let timer;
    let isBusy = false;
    const read = async () => {
      clearTimeout(timer);
      if (isBusy || abort.signal.aborted) return;
      isBusy = true;
      try {
        const data = await get(at, query, abort.signal);
        set({ key, data });
      } catch (error) {
        if (error.name === 'AbortError') return;
        set((former) => ({ key, data: former.key === key ? former.data : undefined, error }));
      } finally {
        isBusy = false;
      }
      if (ms) timer = setTimeout(() => (document.hidden ? wait() : read()), ms);
    };
    const wait = () => {
      timer = setTimeout(() => (document.hidden ? wait() : read()), 1_000);
    };
    again.current = read;
    read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, ms]);
  const isCurrent = result.key === key;
  return { ...(isCurrent ? result : { isLoading: true }), reload: () => again.current() };
}

/** Calls `action` when the key is pressed, unless a dialog in front of the page takes it. */
export function useKey(name, action) {
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => {
    const listen = (event) => {
      if (event.key === name && !event.defaultPrevented && !document.querySelector('dialog[open]')) latest.current(event);
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [name]);
}

/** Moves the focus to the element of the returned reference, and back when the component goes. */
export function useBorrowedFocus() {
  const target = useRef(null);
  useLayoutEffect(() => {
    const former = document.activeElement;
    const address = former?.getAttribute?.('href');
    target.current?.focus({ preventScroll: true });
    return () => {
      // A link of a table may have been drawn anew since.
      const again = former?.isConnected && former !== document.body
        ? former
        : address && document.querySelector(`main a[href="${CSS.escape(address)}"]`);
      (again || document.querySelector('main'))?.focus({ preventScroll: true });
    };
  }, []);
  return target;
}
