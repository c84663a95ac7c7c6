import { Name, type Question, RrClass } from '@signpost/dns'
import type { Query } from '../query.ts'

/**
 * What an answer depends on. DO and CD change what an upstream says (RFC 4035, section 3.2.1 and 3.2.2); the
 * letters' case, the transport, and AD change only how it is presented.
 */
export function cacheKey(query: Query): string {
  const { question, message } = query
  const flags = (message.edns?.dnssecOk === true ? 2 : 0) + (message.checkingDisabled ? 1 : 0)
  return `${flags} ${question.type} ${question.name.key}`
}

/** The question of a key that {@link cacheKey} made; the name is in lower case. */
export function questionOfKey(key: string): Question {
  // The flags are one character; the name may have spaces.
  const space = key.indexOf(' ', 2)
  const name = Name.fromTrustedWire(Buffer.from(key.slice(space + 1), 'latin1'))
  return { name, type: Number(key.slice(2, space)), class: RrClass.IN }
}

/** Whether {@link cacheKey} makes this key for such a question. */
export function isKeyOf(key: string, { name, type }: Question): boolean {
  return /^[0-3]$/.test(key[0] ?? '') && key.slice(1) === ` ${type} ${name.key}`
}
