// The filter of tasks: what the address holds, what the API takes, and the same in words.

import { duration, words } from './format.js';

export const PHASES = ['pending', 'running', 'waiting', 'complete', 'failed', 'cancelled'];

/** The phases from which a bulk order can take tasks, and those it takes when the filter names none. */
export const ORDERS = {
  retry: { from: ['failed', 'cancelled'], default: ['failed'] },
  cancel: { from: ['pending', 'running', 'waiting'], default: ['pending', 'running', 'waiting'] },
  delete: { from: ['complete', 'failed', 'cancelled'], default: ['complete', 'failed', 'cancelled'] },
};

const list = (text) => (text ? text.split(',').filter(Boolean) : []);

/** The phases that the filter of the address names. */
export const phasesOf = (query) => list(query.phase).filter((phase) => PHASES.includes(phase));

/** Adds or removes a phase. */
export function togglePhase(query, phase) {
  const phases = phasesOf(query);
  const next = phases.includes(phase) ? phases.filter((other) => other !== phase) : [...phases, phase];
  return PHASES.filter((known) => next.includes(known)).join(',');
}

/**
 * The parameters of the API for the filter of an address. `within` is an age in milliseconds; the API takes times, and
 * whole seconds keep the address of a request the same while one looks.
 */
export function toParameters(query, now) {
  const { name, kind, error, group, attempts, within } = query;
  const since = within ? Math.floor((now - Number(within)) / 60_000) * 60_000 : undefined;
  const parameters = { phase: phasesOf(query).join(','), name, kind, error, group, attempts, since };
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''));
}

/** The phases of the tasks that a bulk order would take; empty when the filter leaves none. */
export function phasesFor(order, query) {
  const chosen = phasesOf(query);
  return chosen.length === 0 ? ORDERS[order].default : chosen.filter((phase) => ORDERS[order].from.includes(phase));
}

/** The filter in words, for the question before a bulk order. */
export function inWords(phases, query) {
  const either = phases.map(words).join(' or ');
  const parts = [`every ${either} task`];
  if (query.name) parts.push(query.name.endsWith('*') ? `of functions that begin with ${query.name.slice(0, -1)}` : `of ${query.name}`);
  if (query.kind) parts.push(`whose last failure is ${words(query.kind)}`);
  if (query.error) parts.push(`whose last failure contains “${query.error}”`);
  if (query.group) parts.push(`whose last failure is “${query.group}”, whatever its digits`);
  if (query.attempts) parts.push(`with at least ${query.attempts} attempts`);
  if (query.within) parts.push(`submitted in the last ${duration(Number(query.within))}`);
  return parts.join(', ');
}
