// Reads server-sent events from the text of a response.
//
// `EventSource` hides comments and the status of a refused request. The page needs both: comments tell that an idle
// server is alive, and 401 means that the token is missing.

/** Returns a function that takes pieces of text and calls `onEvent({ id, event, data })` and `onComment()`. */
export function reader({ onEvent, onComment = () => {} }) {
  let rest = '';
  let event = '';
  let data = [];
  let id = '';
  let isFirst = true;

  const line = (text) => {
    if (text === '') {
      if (data.length > 0) onEvent({ id, event: event || 'message', data: data.join('\n') });
      event = '';
      data = [];
      return;
    }
    if (text.startsWith(':')) {
      onComment();
      return;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  };

  return (piece) => {
    let text = rest + piece;
    if (isFirst && text !== '') {
      text = text.replace(/^\ufeff/, '');
      isFirst = false;
    }
    // A carriage return at the end may be the first half of a line break.
    const held = text.endsWith('\r') ? '\r' : '';
    const lines = text.slice(0, text.length - held.length).split(/\r\n|\n|\r/);
    rest = lines.pop() + held;
    lines.forEach(line);
  };
}
