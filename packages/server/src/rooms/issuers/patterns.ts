import { compileGlob } from '@writ/policy';
import { isObject } from '../../base/json.ts';
import type { ClaimPatterns, Obstacle, Pattern } from './issuer.ts';

type Claims = Readonly<Record<string, unknown>>;

const MAX_COMPILED = 20_000;
const compiled = new Map<string, (text: string) => boolean>();

/** A matcher is made once per pattern: thousands of trust rules are tried against each assertion of a busy cluster. */
function matcherOf(pattern: string): (text: string) => boolean {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = isExact(pattern) ? (text: string) => text === pattern : (compileGlob(pattern) ?? NEVER);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

const NEVER = (): boolean => false;

/** Without anything that a glob gives a meaning. */
export function isExact(pattern: string): boolean {
  return !/[*?\\]/.test(pattern);
}

/** Whether it says anything at all: a pattern of stars alone trusts whoever the issuer knows. */
export function saysSomething(pattern: string): boolean {
  return /[^*?]/.test(pattern) && (isExact(pattern) || compileGlob(pattern) !== undefined);
}

export function fits(pattern: Pattern, text: string): boolean {
  return typeof pattern === 'string' ? matcherOf(pattern)(text) : pattern.some((one) => matcherOf(one)(text));
}

/**
 * The value behind a name: the claim of exactly that name, or a path into objects with slashes (`kubernetes.io/namespace`). Claim names that are
 * URLs hold slashes themselves, so the longest name that is there comes first.
 */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
    const inner = Object.hasOwn(claims, name.slice(0, at)) ? claims[name.slice(0, at)] : undefined;
    if (isObject(inner)) {
      const found = claimAt(inner, name.slice(at + 1));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Texts of a claim: of a list each member, of a number or boolean its spelling. An object has none. */
export function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  return Array.isArray(value) ? value.slice(0, MAX_MEMBERS).flatMap((one: unknown) => (Array.isArray(one) ? [] : textsOf(one))) : [];
}

const MAX_MEMBERS = 1_000;

/** The first pattern that does not fit, in words; undefined when all do. */
export function claimObstacle(patterns: ClaimPatterns, claims: Claims): Obstacle | undefined {
  for (const [name, pattern] of Object.entries(patterns)) {
    const value = claimAt(claims, name);
    if (value === undefined) return { reason: 'assertion_claim', sentence: `The claim ${name} is missing.` };
    if (!textsOf(value).some((text) => fits(pattern, text))) {
      return { reason: 'assertion_claim', sentence: `The claim ${name} is ${shown(value)}, which does not fit ${shown(pattern)}.` };
    }
  }
  return undefined;
}

/** A value for a sentence, cut: the sentence is for people. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
