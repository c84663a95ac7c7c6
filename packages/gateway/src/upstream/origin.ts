import { crc32 } from 'node:zlib'

/** Says of which upstreams an answer was asked: those that are the same have the same one. An integer of 32 bits. */
export type Origin = number

/** @param text says of whom is asked. */
export function originOf(text: string): Origin {
  return crc32(text)
}
