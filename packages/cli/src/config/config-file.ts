import { TomlError, parse } from 'smol-toml'
import { SignpostError } from '@signpost/dns'
import { type ErrorObject, Ajv } from 'ajv'
import { readInput } from '../input-file.ts'
import type { Streams } from '../terminal.ts'
import { CONFIG_SCHEMA, type Config } from './schema.ts'

/** A configuration file that cannot be honoured. Nothing was started or changed. */
export class ConfigFileError extends SignpostError {
  readonly code = 'INVALID_CONFIG'
  readonly file: string

  /** @param problem begins with where it is: a line and column, or the path of a key. */
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options)
    this.file = file
  }
}

/** @throws ConfigFileError, and what {@link readInput} does. */
export async function readConfigFile(file: string, streams: Streams): Promise<Config> {
  return parseConfig(
    file,
    Buffer.from(
      await readInput(file, streams, 'far more than a configuration needs; name another file'),
    ).toString(),
  )
}

/**
 * Reads TOML 1.0.
 * @param file how errors call it.
 * @throws ConfigFileError
 */
export function parseConfig(file: string, text: string): Config {
  const value = parseToml(file, text)
  const problem = problemIn(value)
  if (problem !== undefined) throw new ConfigFileError(file, problem)
  return value as Config
}

function parseToml(file: string, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // The first line of its message is the problem; the rest draws the place.
    const what = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '')
    throw new ConfigFileError(file, `line ${error.line}, column ${error.column}: ${what}`, { cause: error })
  }
}

// Not strict: it would call a schema wrong that editors take.
const isConfig = new Ajv({ strict: false, verbose: true }).compile(CONFIG_SCHEMA)

/** What is wrong with a configuration, and where; undefined where nothing is. */
function problemIn(value: unknown): string | undefined {
  if (isConfig(value)) return undefined
  // Behind a choice of schemas comes which of them it was, which says nothing to people.
  const error = isConfig.errors?.find(({ keyword }) => keyword !== 'if')
  return error && describe(error)
}

function describe({ keyword, instancePath, params, parentSchema, message }: ErrorObject): string {
  const path = instancePath.split('/').slice(1)
  const { errorMessage } = parentSchema as { readonly errorMessage?: string }
  if (errorMessage !== undefined) return `${printPath(path)}: ${errorMessage}`
  switch (keyword) {
    case 'additionalProperties': {
      const unknown = String(params['additionalProperty'])
      const known = Object.keys((parentSchema?.['properties'] ?? {}) as object)
      return `${printPath([...path, unknown])}: there is no such key; there are ${known.join(', ')}`
    }
    case 'required':
      return `${printPath([...path, String(params['missingProperty'])])}: it is missing`
    case 'const':
      return `${printPath(path)}: it can be ${JSON.stringify(params['allowedValue'])}`
    case 'enum':
      return `${printPath(path)}: it can be ${(params['allowedValues'] as readonly unknown[]).map(one => JSON.stringify(one)).join(', ')}`
    default:
      return `${printPath(path)}: it ${message}`
  }
}

/** `gateway.routes[1].domains` */
function printPath(path: readonly string[]): string {
  return path.map((step, at) => (/^\d+$/.test(step) ? `[${step}]` : at === 0 ? step : `.${step}`)).join('')
}
