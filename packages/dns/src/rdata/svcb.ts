import { InvalidRdataError } from '../errors.ts'
import { RrType } from '../rr-type.ts'
import { type Token, type TokenCursor, isJoined, quote } from '../zone-file/token.ts'
import { type RdataCodec, type RdataField, rdataOfFields } from './codec.ts'
import { plainName, u16 } from './fields.ts'
import type { Https, SvcParam, Svcb } from './rdata.ts'
import { octetsOfToken } from './strings.ts'
import {
  SvcParamKey,
  formatNamed,
  formatOf,
  mandatoryKeysOf,
  parseSvcParamKey,
  printSvcParamKey,
} from './svc-param.ts'
import { printParamText } from './svc-param-text.ts'

/** Why parameters make a record malformed (RFC 9460, section 2.2); undefined where they do not. */
function flawOf(params: readonly SvcParam[]): string | undefined {
  let previous = -1
  for (const { key, value } of params) {
    if (key === previous) return `the parameter ${printSvcParamKey(key)} stands twice`
    if (key < previous) return 'the parameters are not in ascending order of their keys'
    const flaw = formatOf(key)?.flawOf(value)
    if (flaw !== undefined) return `the value of ${printSvcParamKey(key)} is malformed: ${flaw}`
    previous = key
  }
  return undefined
}

/**
 * Why parameters contradict one another (RFC 9460, section 2.4.3); undefined where they do not. Zone files must not
 * say such a thing, but a record from elsewhere is well formed with it and its client's to judge.
 */
function contradictionIn(params: readonly SvcParam[]): string | undefined {
  const keys = new Set(params.map(param => param.key))
  if (keys.has(SvcParamKey.NO_DEFAULT_ALPN) && !keys.has(SvcParamKey.ALPN))
    return 'no-default-alpn needs alpn beside it'
  const mandatory = params.find(param => param.key === SvcParamKey.MANDATORY)
  const missing = mandatoryKeysOf(mandatory?.value ?? new Uint8Array()).find(key => !keys.has(key))
  if (missing !== undefined)
    return `mandatory lists ${printSvcParamKey(missing)}, which the record does not have`
  return undefined
}

const params: RdataField<readonly SvcParam[]> = {
  optional: true,
  decode: reader => {
    const start = reader.offset
    const list: SvcParam[] = []
    while (reader.remaining > 0) list.push({ key: reader.u16(), value: reader.octets(reader.u16()) })
    const flaw = flawOf(list)
    if (flaw !== undefined) throw reader.malformed(flaw, start)
    return list
  },
  encode: (writer, list) => {
    const flaw = flawOf(list)
    if (flaw !== undefined) throw new InvalidRdataError(flaw)
    for (const { key, value } of list) {
      writer.u16(key)
      writer.lengthPrefixed(inner => inner.octets(value))
    }
  },
  parse: tokens => {
    const start = tokens.peek()
    const byKey = new Map<number, SvcParam>()
    while (!tokens.done) {
      const token = tokens.next('a parameter')
      const param = parseParam(token, tokens)
      if (byKey.has(param.key))
        throw tokens.error(`the parameter ${printSvcParamKey(param.key)} stands twice`, token)
      byKey.set(param.key, param)
    }
    const list = [...byKey.values()].sort((left, right) => left.key - right.key)
    const contradiction = contradictionIn(list)
    if (contradiction !== undefined) throw tokens.error(contradiction, start)
    return list
  },
  print: list => list.map(printParam).join(' '),
}

function parseParam(token: Token, tokens: TokenCursor): SvcParam {
  if (token.quoted) throw tokens.error(`${quote(token.text)} is no parameter; write key="value"`, token)
  const equals = token.text.indexOf('=')
  const name = equals === -1 ? token.text : token.text.slice(0, equals)
  const key = parseSvcParamKey(name)
  if (key === undefined)
    throw tokens.error(
      `${quote(name)} is no service parameter; write a name such as alpn in lower case, or keyNNNNN`,
      token,
    )
  const value = parseParamValue(token, token.text.slice(name.length + 1), tokens)
  const text = {
    raw: value.text,
    octets: () => octetsOfToken(value, tokens),
    error: (message: string) => tokens.error(`${name}=${quote(value.text)} ${message}`, token),
  }
  const octets = formatNamed(name)?.parse(text) ?? text.octets()
  if (octets.length > 0xffff) throw tokens.error(`the value of ${name} has over 65535 octets`, token)
  const flaw = formatOf(key)?.flawOf(octets)
  if (flaw !== undefined) throw text.error(`is malformed: ${flaw}`)
  return { key, value: octets }
}

/** The value behind `=`, which may be the quoted string that follows without a space. */
function parseParamValue(token: Token, bare: string, tokens: TokenCursor): Token {
  let value: Token = { ...token, text: bare }
  let last = token
  const next = tokens.peek()
  if (next?.quoted && token.text.endsWith('=') && bare === '' && isJoined(token, next)) {
    value = tokens.next('a value')
    last = value
  }
  const behind = tokens.peek()
  if (behind !== undefined && isJoined(last, behind))
    throw tokens.error(`${quote(behind.text)} stands too close; write key="value" and a space`, behind)
  return value
}

function printParam({ key, value }: SvcParam): string {
  const text = formatOf(key)?.print(value)
  const name = text === undefined ? `key${key}` : printSvcParamKey(key)
  return value.length === 0 ? name : `${name}=${text ?? printParamText(value)}`
}

const fields = { priority: u16, target: plainName, params }

/** Text must not contradict itself; what does is left to the form of RFC 3597. */
function consistentInText<R extends Svcb | Https>(codec: RdataCodec<R>): RdataCodec<R> {
  return {
    ...codec,
    print: (rdata, printName) =>
      flawOf(rdata.params) === undefined && contradictionIn(rdata.params) === undefined
        ? codec.print(rdata, printName)?.trimEnd()
        : undefined,
  }
}

export const svcb: RdataCodec<Svcb> = consistentInText(rdataOfFields<Svcb>('SVCB', RrType.SVCB, fields))
export const https: RdataCodec<Https> = consistentInText(rdataOfFields<Https>('HTTPS', RrType.HTTPS, fields))
