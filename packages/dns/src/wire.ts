import { InvalidRdataError, MalformedMessageError } from './errors.ts'
import { MAX_LABEL_LENGTH, MAX_NAME_LENGTH, Name } from './name.ts'
import { NameTable, hashTails } from './name-table.ts'

/** The offset that the 14 bits of a compression pointer can hold (RFC 1035, section 4.1.4). */
const MAX_POINTER = 0x3fff
/** A name has at most 127 labels, and no writer puts a pointer where no label goes before it. */
const MAX_POINTER_HOPS = 127

/** Reads a message from front to back. Every read past the end throws {@link MalformedMessageError}. */
export class WireReader {
  readonly bytes: Uint8Array
  offset: number
  /** Reads stop here: the end of the message, or of the rdata while one is being read. */
  end: number
  private firstStart = -1
  private firstName: Name | undefined = undefined
  private laterNames: Map<number, Name> | undefined = undefined
  private hops = 0
  /** Compression pointers met so far. */
  pointers = 0

  constructor(bytes: Uint8Array, offset = 0, end: number = bytes.length) {
    // The slice of a Node Buffer is a view of a receive buffer that may be used again; a Uint8Array's is a copy.
    this.bytes =
      bytes.constructor === Uint8Array
        ? bytes
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.offset = offset
    this.end = end
  }

  get remaining(): number {
    return this.end - this.offset
  }

  u8(): number {
    const at = this.advance(1)
    return this.bytes[at] as number
  }

  u16(): number {
    const at = this.advance(2)
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number)
  }

  u32(): number {
    const at = this.advance(4)
    const { bytes } = this
    return (
      (bytes[at] as number) * 0x1000000 +
      (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
    )
  }

  /** A copy: a message may live in a receive buffer that is used again. */
  octets(length: number): Uint8Array {
    const at = this.advance(length)
    return this.bytes.slice(at, at + length)
  }

  rest(): Uint8Array {
    return this.octets(this.remaining)
  }

  /**
   * A name, compressed or not (RFC 1035, section 4.1.4). A pointer must point to before the name that it is in, so
   * each hop goes strictly backwards: no loop, no forward pointer.
   */
  name(): Name {
    const { bytes } = this
    const start = this.offset
    let at = start
    for (;;) {
      if (at >= this.end) throw this.malformed('the message ends inside a name', at)
      const length = bytes[at] as number
      if (length === 0) {
        this.offset = at + 1
        return at === start
          ? Name.root
          : this.remember(start, nameOf(bytes.slice(start, at + 1), this, start))
      }
      if (length > MAX_LABEL_LENGTH) break
      at += length + 1
    }
    if ((bytes[at] as number) < 0xc0) throw this.malformed('a label has an unknown type', at)
    this.pointers++
    if (at + 1 >= this.end) throw this.malformed('the message ends inside a compression pointer', at)
    const target = (((bytes[at] as number) & 0x3f) << 8) | (bytes[at + 1] as number)
    if (target >= start) throw this.malformed('a compression pointer does not point backwards', at)
    const tail = this.nameStartingAt(target)
    this.offset = at + 2
    if (at === start) return tail
    const wire = new Uint8Array(at - start + tail.wire.length)
    wire.set(bytes.subarray(start, at))
    wire.set(tail.wire, at - start)
    return this.remember(start, nameOf(wire, this, start))
  }

  // What a pointer points to. Most point to a name that was read before, above all to the question's.
  private nameStartingAt(target: number): Name {
    const known = target === this.firstStart ? this.firstName : this.laterNames?.get(target)
    if (known !== undefined) return known
    if (++this.hops > MAX_POINTER_HOPS)
      throw this.malformed('a name has too many compression pointers', target)
    const { end } = this
    this.offset = target
    this.end = this.bytes.length
    const name = this.name()
    this.end = end
    this.hops--
    return name
  }

  // The first name has a place of its own: most messages have no other, and need no map.
  private remember(start: number, name: Name): Name {
    if (this.firstName === undefined) {
      this.firstStart = start
      this.firstName = name
    } else if (start <= MAX_POINTER) {
      this.laterNames ??= new Map()
      this.laterNames.set(start, name)
    }
    return name
  }

  malformed(message: string, offset: number = this.offset): MalformedMessageError {
    return new MalformedMessageError(message, offset)
  }

  private advance(length: number): number {
    const at = this.offset
    if (length < 0 || at + length > this.end)
      throw this.malformed(`the message ends ${at + length - this.end} octets short`)
    this.offset = at + length
    return at
  }
}

// Scratch space of WireWriter.name, which is done with it when it returns.
const tails = new Int32Array(MAX_NAME_LENGTH)

/** Writes a message into a buffer that grows, compressing names against those already written. */
export class WireWriter {
  private bytes: Uint8Array
  private length = 0
  private readonly names: NameTable | undefined

  /** @param options.compress false writes every name in full, as canonical forms need (RFC 4034, section 6.2). */
  constructor(options: { readonly compress?: boolean; readonly capacity?: number } = {}) {
    this.bytes = new Uint8Array(options.capacity ?? 512)
    this.names = (options.compress ?? true) ? new NameTable() : undefined
  }

  /** Starts a new message in the same buffer. */
  clear(): void {
    this.length = 0
    this.names?.clear()
  }

  get offset(): number {
    return this.length
  }

  u8(value: number): void {
    checkUnsigned(value, 0xff)
    const at = this.grow(1)
    this.bytes[at] = value
  }

  u16(value: number): void {
    checkUnsigned(value, 0xffff)
    const at = this.grow(2)
    this.bytes[at] = value >>> 8
    this.bytes[at + 1] = value & 0xff
  }

  u32(value: number): void {
    checkUnsigned(value, 0xffffffff)
    const at = this.grow(4)
    this.bytes[at] = value >>> 24
    this.bytes[at + 1] = (value >>> 16) & 0xff
    this.bytes[at + 2] = (value >>> 8) & 0xff
    this.bytes[at + 3] = value & 0xff
  }

  octets(value: Uint8Array): void {
    // Grow first: it may put another buffer in place.
    const at = this.grow(value.length)
    this.bytes.set(value, at)
  }

  /**
   * @param compress false where the type forbids it in its rdata (RFC 3597, section 4). Compression keeps the
   * letters' case: a name only ever points at the same octets.
   */
  name(name: Name, compress = true): void {
    const { wire } = name
    const { names } = this
    if (names === undefined) return this.octets(wire)
    hashTails(wire, tails)
    const start = this.length
    let end = 0
    let earlier: number | undefined
    for (; wire[end] !== 0; end += (wire[end] as number) + 1) {
      earlier = compress ? names.find(this.bytes, wire, end, tails[end] as number) : undefined
      if (earlier !== undefined) break
    }
    if (earlier === undefined) {
      this.octets(wire)
    } else {
      this.octets(wire.subarray(0, end))
      this.u16(0xc000 | earlier)
    }
    // A pointer has 14 bits.
    for (let at = 0; at < end && start + at <= MAX_POINTER; at += (wire[at] as number) + 1) {
      const hash = tails[at] as number
      if (compress || names.find(this.bytes, wire, at, hash) === undefined) names.add(start + at, hash)
    }
  }

  /** Writes what `write` writes behind its own 16-bit length, as RDLENGTH and option lengths are. */
  lengthPrefixed(write: (writer: WireWriter) => void): void {
    const at = this.grow(2)
    write(this)
    const length = this.length - at - 2
    if (length > 0xffff) throw new InvalidRdataError(`${length} octets do not fit a 16-bit length`)
    this.bytes[at] = length >>> 8
    this.bytes[at + 1] = length & 0xff
  }

  /** The octets written so far, as a copy. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }

  private grow(length: number): number {
    const at = this.length
    const needed = at + length
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
      larger.set(this.bytes.subarray(0, at))
      this.bytes = larger
    }
    this.length = needed
    return at
  }
}

function nameOf(wire: Uint8Array, reader: WireReader, start: number): Name {
  if (wire.length > MAX_NAME_LENGTH) throw reader.malformed('a name is longer than 255 octets', start)
  return Name.fromTrustedWire(wire)
}

function checkUnsigned(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new InvalidRdataError(`${value} is not a whole number from 0 to ${max}`)
}
