import { createReadStream } from 'node:fs'
import { FileNotFoundError, UsageError } from './errors.ts'
import type { Streams } from './terminal.ts'

/** How errors call standard input. */
export const STANDARD_INPUT = 'standard input'

/** Octets that a command reads of a file. A signed zone has 10,240 at most, and its text a few times as many. */
export const MAX_INPUT_LENGTH: number = 4 * 2 ** 20

/**
 * Reads a whole file; `-` is standard input.
 * @throws FileNotFoundError; UsageError for a directory, or for more than {@link MAX_INPUT_LENGTH} octets, of which no
 * more are read; other system errors as they are.
 * @param tooLong says of such a length what it means and what to do.
 */
export async function readInput(
  file: string,
  { stdin }: Streams,
  tooLong = 'far more than fits a signed record; split the zone',
): Promise<Uint8Array> {
  const source = file === '-' ? (stdin as AsyncIterable<Buffer>) : createReadStream(file)
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > MAX_INPUT_LENGTH)
        throw new UsageError(`${inputName(file)} has more than ${MAX_INPUT_LENGTH / 2 ** 20} MiB, ${tooLong}`)
      chunks.push(chunk)
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new FileNotFoundError(file, { cause })
    if (code === 'EISDIR') throw new UsageError(`${file} is a directory; name a file`, { cause })
    throw cause
  }
  return Buffer.concat(chunks)
}

/** How a file is called in errors and in output. */
export function inputName(file: string): string {
  return file === '-' ? STANDARD_INPUT : file
}
