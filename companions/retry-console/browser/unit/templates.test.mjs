import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { mistakes, templates } from './templates.mjs';

const UI = new URL('../../ui/', import.meta.url);
const files = (ending) => readdirSync(UI).filter((name) => name.endsWith(ending)).map((name) => [name, readFileSync(new URL(name, UI), 'utf8')]);

test('every template of the pages is closed and in order', () => {
  const all = files('.js').flatMap(([name, source]) => templates(source).map((template) => ({ name, ...template })));
  assert.ok(all.length > 100, `only ${all.length} templates were found`);
  const wrong = all.flatMap(({ name, line, markup }) => mistakes(markup).map((mistake) => `${name}:${line}: ${mistake}`));
  assert.deepEqual(wrong, []);
});

test('the checker sees unclosed, crossed and superfluous tags', () => {
  const cases = [
    ['<p>text', '<p> is not closed'], ['<a><b></a></b>', '</a> closes <b>'], ['</p>', '</p> closes nothing'], ['<br>', '<br> is not closed'],
    ['<p class="a>text</p>', 'a tag does not end'], ['<p style="color: red"></p>', 'style in markup'], ['<a onclick="f()"></a>', 'handler in markup'], ['<p', 'a tag does not end'],
    ['<p dangerouslySetInnerHTML=\0 />', 'sets markup from text'],
  ];
  for (const [markup, expected] of cases) assert.ok(mistakes(markup).some((text) => text.includes(expected)), `${markup}: ${mistakes(markup)}`);
});

test('the checker lets correct templates pass', () => {
  for (const markup of ['<p>a \0 b</p>', '<br /><\0 of=\0 />', '<\0 a=\0>text<//>', '<a title="a > b">x</a>', '<p ...\0></p>']) assert.deepEqual(mistakes(markup), [], markup);
});

test('the checker finds templates inside values, and none in strings, comments and other templates', () => {
  const source = "const a = html`<ul>${list.map((x) => html`<li>${`${x}`}</li>`)}</ul>`; // html`<p>`\nconst b = 'html`<p>`'; const c = /`/;";
  assert.deepEqual(templates(source).map(({ markup }) => markup), ['<li>\0</li>', '<ul>\0</ul>']);
});

test('no page sets markup from text, evaluates text or names another host', () => {
  const forbidden = /\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function|https?:\/\//;
  for (const [name, source] of [...files('.js'), ...files('.css'), ...files('.html')]) {
    const hits = source.split('\n').filter((line) => forbidden.test(line) && !line.trim().startsWith('//'));
    assert.deepEqual(hits, [], name);
  }
});

test('the page has no inline script and no style in markup', () => {
  const [[, page]] = files('.html');
  assert.doesNotMatch(page, /<script(?![^>]*\ssrc=)/);
  assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=/);
  for (const [, address] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
    assert.doesNotMatch(address, /^\//, `${address} is not relative`);
    assert.ok(statSync(new URL(address, UI)).isFile(), address);
  }
});

test('every import names a file that exists', () => {
  for (const [name, source] of files('.js')) {
    for (const [, address] of source.matchAll(/from '(\.[^']*)'/g)) assert.ok(statSync(new URL(address, UI)).isFile(), `${name}: ${address}`);
  }
});

test('the libraries are the files that their README names, with their licences', () => {
  const readme = readFileSync(new URL('vendor/README.md', UI), 'utf8');
  for (const name of readdirSync(new URL('vendor/', UI))) assert.ok(name === 'README.md' || readme.includes(`\`${name}\``), name);
});
