import { InvalidNameError } from './errors.ts'

/** RFC 1035, section 2.3.4: octets in one label. */
export const MAX_LABEL_LENGTH = 63
/** RFC 1035, section 2.3.4: octets in a name on the wire, length octets and the root's zero included. */
export const MAX_NAME_LENGTH = 255

/**
 * An absolute domain name (RFC 9499, section 2). Labels are octets; their case is kept and never compared
 * (RFC 4343). Immutable: neither the name nor its octets may be changed.
 */
export class Name {
  static readonly root: Name = new Name(Uint8Array.of(0))

  /** Uncompressed wire form, the root's zero octet included: 1 to 255 octets. */
  readonly wire: Uint8Array
  private foldedKey: string | undefined

  private constructor(wire: Uint8Array) {
    this.wire = wire
  }

  /** Takes octets that the caller has proved to be a whole uncompressed name and will not change. */
  static fromTrustedWire(wire: Uint8Array): Name {
    return new Name(wire)
  }

  /** @throws InvalidNameError for an empty label, one over 63 octets, or more than 255 octets in all. */
  static fromLabels(labels: readonly Uint8Array[]): Name {
    let length = 1
    for (const label of labels) {
      if (label.length === 0) throw new InvalidNameError('a label in the name is empty', printLabels(labels))
      if (label.length > MAX_LABEL_LENGTH)
        throw new InvalidNameError(
          `a label has ${label.length} octets; ${MAX_LABEL_LENGTH} is the most a label can have`,
          printLabels(labels),
        )
      length += label.length + 1
    }
    if (length > MAX_NAME_LENGTH)
      throw new InvalidNameError(
        `the name has ${length} octets; ${MAX_NAME_LENGTH} is the most a name can have`,
        printLabels(labels),
      )
    const wire = new Uint8Array(length)
    let at = 0
    for (const label of labels) {
      wire[at] = label.length
      wire.set(label, at + 1)
      at += label.length + 1
    }
    return new Name(wire)
  }

  /** Two names are equal exactly when their keys are; a key is one character an octet, in lower case. */
  get key(): string {
    this.foldedKey ??= foldedText(this.wire)
    return this.foldedKey
  }

  /** The labels from left to right, the root's empty one left out. */
  get labels(): Uint8Array[] {
    const labels: Uint8Array[] = []
    for (let at = 0; octet(this.wire, at) !== 0; at += octet(this.wire, at) + 1)
      labels.push(this.wire.subarray(at + 1, at + 1 + octet(this.wire, at)))
    return labels
  }

  get labelCount(): number {
    let count = 0
    for (let at = 0; octet(this.wire, at) !== 0; at += octet(this.wire, at) + 1) count++
    return count
  }

  get isRoot(): boolean {
    return this.wire.length === 1
  }

  /** RFC 4592, section 2.1.1: the leftmost label is a single asterisk. */
  get isWildcard(): boolean {
    return this.wire[0] === 1 && this.wire[1] === 0x2a
  }

  equals(other: Name): boolean {
    return this === other || (this.wire.length === other.wire.length && this.key === other.key)
  }

  /** True for the name itself too, as "at or below" is meant in RFC 1034, section 3.1. */
  isAtOrBelow(ancestor: Name): boolean {
    const start = this.wire.length - ancestor.wire.length
    if (start < 0 || !this.key.endsWith(ancestor.key)) return false
    let at = 0
    while (at < start) at += octet(this.wire, at) + 1
    return at === start
  }

  /** The name less its leftmost label; the root's parent is the root. */
  get parent(): Name {
    return this.isRoot ? this : new Name(this.wire.subarray(octet(this.wire, 0) + 1))
  }

  /** Puts a label in front. @throws InvalidNameError as {@link Name.fromLabels} does. */
  prepend(label: Uint8Array): Name {
    return Name.fromLabels([label, ...this.labels])
  }

  /**
   * The same labels below another ancestor: `www.example.` from `example.` to `test.` is `www.test.`.
   * @throws InvalidNameError where the result is over 255 octets (DNAME, RFC 6672, section 2.2), or where
   * the name is not at or below `from`.
   */
  rebase(from: Name, to: Name): Name {
    if (!this.isAtOrBelow(from))
      throw new InvalidNameError(`${this.toString()} is not at or below ${from.toString()}`, this.toString())
    const labels = this.labels
    return Name.fromLabels([...labels.slice(0, labels.length - from.labelCount), ...to.labels])
  }

  /** Presentation form with the final dot (RFC 1035, section 5.1; RFC 4343, section 2.1). */
  toString(): string {
    return this.isRoot ? '.' : printLabels(this.labels)
  }

  toJSON(): string {
    return this.toString()
  }
}

/**
 * Reads the presentation form: `\.` and `\DDD` escapes, a final dot for an absolute name.
 * @param origin what a name without a final dot is relative to; the root where it is left out.
 * @throws InvalidNameError for anything that is no name, non-ASCII text included (see `@signpost/dns/idna`).
 */
export function parseName(text: string, origin: Name = Name.root): Name {
  if (text === '') throw new InvalidNameError('a name is empty; the root is written "."', text)
  if (text === '.') return Name.root
  const labels: Uint8Array[] = []
  let label: number[] = []
  let absolute = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 0x2e) {
      if (label.length === 0)
        throw new InvalidNameError(`the name ${JSON.stringify(text)} has an empty label`, text)
      labels.push(Uint8Array.from(label))
      label = []
      absolute = at === text.length - 1
    } else if (char === 0x5c) {
      const [value, length] = readEscape(text, at)
      label.push(value)
      at += length - 1
    } else if (char > 0x7e || char <= 0x20) {
      throw new InvalidNameError(
        char > 0x7f
          ? `the name ${JSON.stringify(text)} is not ASCII; write it in its xn-- form`
          : `the name ${JSON.stringify(text)} has a space or control character; write it as \\DDD`,
        text,
      )
    } else {
      label.push(char)
    }
  }
  if (label.length > 0) labels.push(Uint8Array.from(label))
  const name = Name.fromLabels(absolute ? labels : [...labels, ...origin.labels])
  return name
}

/**
 * One escape at `at` (a backslash): `\DDD` is an octet in decimal, `\X` the character X itself
 * (RFC 1035, section 5.1). Returns the octet and the escape's length in characters.
 */
export function readEscape(text: string, at: number): [value: number, length: number] {
  const next = text[at + 1]
  if (next === undefined) throw new InvalidNameError(`${JSON.stringify(text)} ends in a lone backslash`, text)
  if (next < '0' || next > '9') {
    const value = next.charCodeAt(0)
    if (value > 0x7f)
      throw new InvalidNameError(`${JSON.stringify(text)} escapes a character that is not ASCII`, text)
    return [value, 2]
  }
  const digits = text.slice(at + 1, at + 4)
  if (!/^\d{3}$/.test(digits) || Number(digits) > 255)
    throw new InvalidNameError(
      `${JSON.stringify(text)} has a bad escape; write \\DDD with three digits from 000 to 255`,
      text,
    )
  return [Number(digits), 4]
}

// Characters that mean something in a zone file and so never stand bare in a printed name.
const SPECIAL: ReadonlySet<number> = new Set([...'".;\\()@$'].map(char => char.charCodeAt(0)))

function printLabels(labels: readonly Uint8Array[]): string {
  let text = ''
  for (const label of labels) {
    for (const value of label) {
      if (value <= 0x20 || value > 0x7e) text += `\\${String(value).padStart(3, '0')}`
      else if (SPECIAL.has(value)) text += `\\${String.fromCharCode(value)}`
      else text += String.fromCharCode(value)
    }
    text += '.'
  }
  return text
}

// ASCII only, as RFC 4343 has it. Length octets are at most 63, below 'A' (65), so folding leaves them alone.
const FOLD: Uint8Array = Uint8Array.from({ length: 256 }, (_, value) =>
  value >= 0x41 && value <= 0x5a ? value + 0x20 : value,
)

function foldedText(wire: Uint8Array): string {
  const folded = new Uint8Array(wire.length)
  for (let at = 0; at < wire.length; at++) folded[at] = octet(FOLD, octet(wire, at))
  return String.fromCharCode.apply(null, folded as unknown as number[])
}

// In bounds by the shape of a name; the compiler cannot know.
function octet(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}
