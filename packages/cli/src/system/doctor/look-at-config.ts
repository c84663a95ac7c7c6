import { readFile } from 'node:fs/promises'
import { SignpostError } from '@signpost/dns'
import { parseConfig } from '../../config/config-file.ts'
import type { Config } from '../../config/schema.ts'
import { parseHostPort } from '../../values/host-port.ts'
import type { Observations } from './observations.ts'

interface ConfigSeen {
  readonly seen: Observations['config']
  /** Nothing where it cannot be read. */
  readonly values: Config
}

export async function lookAtConfig(path: string): Promise<ConfigSeen> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error)
  if (typeof text !== 'string')
    return {
      seen: text.code === 'ENOENT' ? undefined : { path, problem: `${path}: ${text.message}` },
      values: {},
    }
  try {
    const values = parseConfig(path, text)
    for (const place of values.gateway?.listen ?? []) parseHostPort(place)
    return { seen: { path, problem: undefined }, values }
  } catch (error) {
    if (!(error instanceof SignpostError)) throw error
    return { seen: { path, problem: error.message }, values: {} }
  }
}
