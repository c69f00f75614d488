// Checks the htm templates of a module: every tag is closed, in order, and nothing that the content security policy or
// the rule "text only" forbids is written.

/** The templates of a source text: `{ line, markup }`, with `\0` for each value. Templates inside values come as well. */
export function templates(source) {
  const found = [];
  scan(source, 0, undefined, found, 1);
  return found;
}

// Reads code from `at` up to the brace that closes the value `until`; returns the place after it.
function scan(source, at, until, found) {
  let depth = 0;
  let place = at;
  while (place < source.length) {
    const rest = source.slice(place);
    const skipped = comment(rest) ?? text(rest) ?? pattern(source, place);
    if (skipped) {
      place += skipped;
    } else if (rest[0] === '`') {
      place = template(source, place, found);
    } else {
      if (rest[0] === '{') depth += 1;
      if (rest[0] === '}') {
        if (depth === 0 && until) return place + 1;
        depth -= 1;
      }
      place += 1;
    }
  }
  return place;
}

const comment = (rest) => /^(\/\/[^\n]*|\/\*[\s\S]*?\*\/)/.exec(rest)?.[0].length;
const text = (rest) => /^('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")/.exec(rest)?.[0].length;

// A regular expression, which begins where a value may begin.
function pattern(source, place) {
  if (source[place] !== '/' || !/[(,=:[!&|?{};\n]\s*$/.test(source.slice(Math.max(0, place - 20), place))) return undefined;
  return /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/.exec(source.slice(place))?.[0].length;
}

function template(source, start, found) {
  const isHtml = /\bhtml$/.test(source.slice(Math.max(0, start - 10), start));
  let markup = '';
  let place = start + 1;
  while (source[place] !== '`') {
    if (place >= source.length) throw new Error('a template does not end');
    if (source[place] === '\\') {
      markup += source.slice(place, place + 2);
      place += 2;
    } else if (source.startsWith('${', place)) {
      markup += '\0';
      place = scan(source, place + 2, true, found);
    } else {
      markup += source[place];
      place += 1;
    }
  }
  if (isHtml) found.push({ line: source.slice(0, start).split('\n').length, markup });
  return place + 1;
}

const TAG = /<(\/?)([^\s/>]*)((?:"[^"]*"|'[^']*'|[^"'>])*?)(\/?)>/g;

/** What is wrong with the tags of a template, as texts; none when they are in order. */
export function mistakes(markup) {
  const found = [];
  const open = [];
  let end = 0;
  for (const match of markup.matchAll(TAG)) {
    const [whole, slash, name, attributes, isEmpty] = match;
    checkText(markup.slice(end, match.index), found);
    end = match.index + whole.length;
    if (/\sstyle="/.test(attributes)) found.push(`<${name}> has a style in markup`);
    if (/\son[a-z]+="/i.test(attributes)) found.push(`<${name}> has a handler in markup`);
    if (/dangerouslySetInnerHTML|innerHTML/.test(attributes)) found.push(`<${name}> sets markup from text`);
    if (!slash && !isEmpty) open.push(name);
    if (!slash) continue;
    const last = open.pop();
    // `<//>` closes whatever is open; a component's tag is a value.
    const isFitting = last !== undefined && (name === '/' || name === '' || name === last);
    if (!isFitting) found.push(last === undefined ? `</${name}> closes nothing` : `</${name}> closes <${last}>`);
  }
  checkText(markup.slice(end), found);
  found.push(...open.map((name) => `<${name}> is not closed`));
  return found.map((text) => text.replaceAll('\0', '${…}'));
}

function checkText(text, found) {
  if (/[<>]/.test(text)) found.push(`a tag does not end: ${text.trim().slice(0, 40)}`);
}
