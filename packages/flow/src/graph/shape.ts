import { kindOf, quote, under, type Faults } from './faults.ts';
import { isFields, type Json } from './json.ts';

/** An expression that stands somewhere in a node, and what it has to give. `response`: the answer of the call is in reach. */
export type Formula = {
  readonly path: string;
  readonly text: string;
  readonly gives: 'boolean' | 'text' | 'any';
  readonly response: boolean;
};

/**
 * What one place of a flow may hold: reads it from untrusted input with faults by path, finds the expressions in it, and describes
 * itself as JSON Schema for the config file and the editor.
 */
export type Shape<T> = {
  readonly read: (faults: Faults, value: unknown, path: string) => T | undefined;
  readonly formulas: (value: unknown, path: string) => readonly Formula[];
  readonly schema: { readonly [name: string]: Json };
  /** Set on fields that may be left out; `preset` then stands for them. */
  readonly optional?: boolean;
  readonly preset?: T;
};
type Optional = { readonly optional: true };

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type Value<S> = S extends Shape<infer T> ? T : never;
type OptionalNames<F extends Shapes> = { [Name in keyof F]: F[Name] extends Optional ? Name : never }[keyof F];
/** The value that an object of these shapes reads to. */
export type Read<F extends Shapes> = { readonly [Name in Exclude<keyof F, OptionalNames<F>>]: Value<F[Name]> } & {
  readonly [Name in OptionalNames<F>]?: Value<F[Name]>;
};
export type { Shapes };

const none = (): readonly Formula[] => [];

export function text(options: { max?: number; form?: RegExp; says?: string } = {}): Shape<string> {
  const { max = 200, form, says = 'has another form' } = options;
  return {
    read: (faults, value, path) => {
      if (typeof value !== 'string' || value === '') return faults.add(path, `must be a text; this is ${kindOf(value)}`);
      if (value.length > max) return faults.add(path, `must have at most ${String(max)} characters`);
      return form === undefined || form.test(value) ? value : faults.add(path, `${quote(value)} ${says}`);
    },
    formulas: none,
    schema: { type: 'string', minLength: 1, maxLength: max, ...(form === undefined ? {} : { pattern: form.source }) },
  };
}

/** One word of a closed list. */
export function word<const Word extends string>(words: readonly Word[]): Shape<Word> {
  return {
    read: (faults, value, path) => {
      const found = words.find((one) => one === value);
      if (found !== undefined) return found;
      const given = typeof value === 'string' ? quote(value) : kindOf(value);
      return faults.add(path, `must be one of ${words.join(', ')}; this is ${given}`);
    },
    formulas: none,
    schema: { enum: words },
  };
}

export function flag(): Shape<boolean> {
  return {
    read: (faults, value, path) =>
      typeof value === 'boolean' ? value : faults.add(path, `must be true or false; this is ${kindOf(value)}`),
    formulas: none,
    schema: { type: 'boolean' },
  };
}

export function count(least: number, most: number, unit: string): Shape<number> {
  return {
    read: (faults, value, path) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
        ? value
        : faults.add(path, `must be a whole number of ${unit} from ${String(least)} to ${String(most)}`),
    formulas: none,
    schema: { type: 'integer', minimum: least, maximum: most, description: unit },
  };
}

export function list<T>(item: Shape<T>, options: { least?: number; most?: number } = {}): Shape<readonly T[]> {
  const { least = 1, most = 100 } = options;
  return {
    read: (faults, value, path) => {
      if (!Array.isArray(value)) return faults.add(path, `must be a list; this is ${kindOf(value)}`);
      if (value.length < least || value.length > most)
        return faults.add(path, `must have from ${String(least)} to ${String(most)} members`);
      const given: readonly unknown[] = value;
      const items = given.map((one, at) => item.read(faults, one, `${path}[${String(at)}]`));
      const good = items.filter((one): one is Exclude<typeof one, undefined> => one !== undefined);
      return good.length === items.length ? good : undefined;
    },
    formulas: (value, path) =>
      Array.isArray(value) ? value.flatMap((one: unknown, at) => item.formulas(one, `${path}[${String(at)}]`)) : [],
    schema: { type: 'array', items: item.schema, minItems: least, maxItems: most },
  };
}

/** Names of the author's choice, each with a value of one shape. */
export function record<T>(item: Shape<T>, options: { name?: RegExp; most?: number; refuse?: readonly string[] } = {}) {
  const { name: form = /^[A-Za-z][\w.:/-]{0,99}$/, most = 50, refuse = [] } = options;
  const shape: Shape<Readonly<Record<string, T>>> = {
    read: (faults, value, path) => {
      if (!isFields(value)) return faults.add(path, `must be an object; this is ${kindOf(value)}`);
      const entries = Object.entries(value);
      if (entries.length > most) return faults.add(path, `must have at most ${String(most)} names`);
      const read = entries.map(([name, one]) => {
        if (!form.test(name) || name in {}) return faults.add(path, `${quote(name)} cannot be a name here`);
        if (refuse.includes(name)) return faults.add(under(path, name), 'this name belongs to the hub');
        const found = item.read(faults, one, under(path, name));
        return found === undefined ? undefined : ([name, found] as const);
      });
      const good = read.filter((one) => one !== undefined);
      return good.length === read.length ? Object.fromEntries(good) : undefined;
    },
    formulas: (value, path) =>
      isFields(value) ? Object.entries(value).flatMap(([name, one]) => item.formulas(one, under(path, name))) : [],
    schema: { type: 'object', propertyNames: { pattern: form.source }, additionalProperties: item.schema, maxProperties: most },
  };
  return shape;
}

/** An object with these fields and no others. */
export function object<F extends Shapes>(fields: F): Shape<Read<F>> {
  const names = Object.keys(fields);
  return {
    read: (faults, value, path) => {
      if (!isFields(value)) return faults.add(path, `must be an object with ${names.join(', ')}; this is ${kindOf(value)}`);
      const before = faults.list.length;
      for (const name of Object.keys(value)) {
        if (!names.includes(name)) faults.add(under(path, name), `there is no such field here; there are ${names.join(', ')}`);
      }
      const read = Object.entries(fields).flatMap(([name, shape]): unknown[][] => {
        const given = value[name] ?? shape.preset;
        if (given === undefined && shape.optional === true) return [];
        return [[name, shape.read(faults, given, under(path, name))]];
      });
      // Object.fromEntries of untyped pairs is the one place where the compiler takes our word: each pair was read by its own shape.
      return faults.list.length === before ? Object.fromEntries(read) : undefined;
    },
    formulas: (value, path) =>
      isFields(value) ? Object.entries(fields).flatMap(([name, shape]) => shape.formulas(value[name], under(path, name))) : [],
    schema: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(fields).map(([name, { schema, preset }]) => [name, withPreset(schema, preset)])),
      required: names.filter((name) => fields[name]?.optional !== true && fields[name]?.preset === undefined),
      additionalProperties: false,
    },
  };
}

function withPreset(schema: { readonly [name: string]: Json }, preset: unknown): Json {
  return typeof preset === 'string' || typeof preset === 'number' || typeof preset === 'boolean' ? { ...schema, default: preset } : schema;
}

/** May be left out. */
export function optional<T>(shape: Shape<T>): Shape<T> & Optional {
  return { ...shape, optional: true };
}

/** May be left out, and then reads as `value`. */
export function preset<T>(shape: Shape<T>, value: T): Shape<T> {
  return { ...shape, preset: value };
}

/** One of several objects, told apart by their field `kind`. */
export function oneOf<T extends { readonly kind: string }>(shapes: Readonly<Record<T['kind'], Shape<T>>>): Shape<T> {
  const byKind = new Map<string, Shape<T>>(Object.entries(shapes));
  return {
    read: (faults, value, path) => {
      const kind = isFields(value) ? value['kind'] : undefined;
      const shape = typeof kind === 'string' ? byKind.get(kind) : undefined;
      return shape === undefined
        ? faults.add(under(path, 'kind'), `must be one of ${[...byKind.keys()].join(', ')}`)
        : shape.read(faults, value, path);
    },
    formulas: (value, path) => {
      const kind = isFields(value) ? value['kind'] : undefined;
      return (typeof kind === 'string' ? byKind.get(kind)?.formulas(value, path) : undefined) ?? [];
    },
    schema: { oneOf: [...byKind.values()].map((shape) => shape.schema) },
  };
}
