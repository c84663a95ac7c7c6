import type { Name } from '../name.ts'
import type { WireReader, WireWriter } from '../wire.ts'
import type { TokenCursor } from '../zone-file/token.ts'
import type { Rdata, Unknown } from './rdata.ts'

/** How names are written in a text: in full, or relative to an origin. */
export type NamePrinter = (name: Name) => string

/** How one RR type's rdata is read and written, on the wire and in a zone file. */
export interface RdataCodec<R extends Rdata = Rdata> {
  readonly kind: R['kind']
  readonly type: number
  /**
   * Reads up to `reader.end`, which is where the rdata ends; octets left over are the caller's to refuse.
   * Unknown where the octets are of a version of the type that is not known here.
   */
  decode(reader: WireReader): R | Unknown
  encode(writer: WireWriter, rdata: R): void
  /** Reads tokens up to the end of the entry; tokens left over are the caller's to refuse. */
  parse(tokens: TokenCursor): R
  /** The text that `parse` reads back to the same rdata; undefined where the type's text cannot say it. */
  print(rdata: R, printName: NamePrinter): string | undefined
}

/** One field of an rdata, such as a 16-bit number or a name. */
export interface RdataField<T> {
  /** True where the text may have no word for it. */
  readonly optional?: boolean
  decode(reader: WireReader): T
  encode(writer: WireWriter, value: T): void
  parse(tokens: TokenCursor): T
  print(value: T, printName: NamePrinter): string
}

type Fields<R extends Rdata> = { readonly [K in Exclude<keyof R, 'kind'>]: RdataField<R[K]> }

/** A codec for a type whose rdata is its fields one after the other, in the order in which they are listed. */
export function rdataOfFields<R extends Rdata>(
  kind: R['kind'],
  type: number,
  fields: Fields<R>,
): RdataCodec<R> {
  const entries = Object.entries<RdataField<unknown>>(fields)
  const build = (read: (field: RdataField<unknown>, key: string) => unknown): R => {
    const rdata: Record<string, unknown> = { kind }
    for (const [key, field] of entries) rdata[key] = read(field, key)
    return rdata as unknown as R
  }
  const placeholders = Object.keys(fields)
    .map(key => words(key).replaceAll(' ', '-').toUpperCase())
    .join(' ')
  const valuesOf = (rdata: R): Record<string, unknown> => rdata as unknown as Record<string, unknown>
  return {
    kind,
    type,
    decode: reader => build(field => field.decode(reader)),
    encode: (writer, rdata) => {
      for (const [key, field] of entries) field.encode(writer, valuesOf(rdata)[key])
    },
    parse: tokens =>
      build((field, key) => {
        if (tokens.done && field.optional !== true)
          throw tokens.error(`${kind} ends before its ${words(key)}; write ${kind} ${placeholders}`)
        return field.parse(tokens)
      }),
    print: (rdata, printName) =>
      entries.map(([key, field]) => field.print(valuesOf(rdata)[key], printName)).join(' '),
  }
}

/** `nameServer` as people write it. */
function words(key: string): string {
  return key.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
