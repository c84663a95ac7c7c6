import type { Command, Option } from 'commander'
import { SignpostError } from '@signpost/dns'
import { UsageError } from '../errors.ts'
import { ConfigFileError } from './config-file.ts'
import { kebabCase } from './kebab-case.ts'
import type { Config } from './schema.ts'

/** Where an option's value is from, as commander keeps it. */
const FROM_FILE = 'config'

/** The options of commands that keys of a file stand for, where their names differ. */
const OPTION_OF: Readonly<Record<string, string>> = {
  'node.networks': 'network',
  'gateway.listen': 'dns',
  'gateway.upstreams': 'upstream',
  'gateway.suffixes': 'suffix',
  // The option of that name is the node's; the gateway has none.
  'gateway.bootstrap': 'dns-bootstrap',
}

/**
 * Gives a command what a file says, as if it had been written on the command line, where nothing is written there or in
 * the environment. So both are read in one way, with the same errors. What has no option stays for others to read.
 * What an earlier file said is taken back.
 * @throws ConfigFileError
 */
export function applyConfig(command: Command, file: string, config: Config): void {
  for (const option of command.options)
    if (command.getOptionValueSource(option.attributeName()) === FROM_FILE)
      command.setOptionValueWithSource(
        option.attributeName(),
        option.negate ? true : option.defaultValue,
        'default',
      )
  for (const [table, keys] of Object.entries(config) as [string, Record<string, unknown>][])
    for (const [key, value] of Object.entries(keys)) {
      const path = `${table}.${key}`
      const option = optionFor(command, OPTION_OF[path] ?? key)
      if (option === undefined) continue
      const name = option.attributeName()
      const source = command.getOptionValueSource(name)
      if (source === 'cli' || source === 'env') continue
      command.setOptionValueWithSource(name, valueOf(option, value, file, path), FROM_FILE)
    }
}

/**
 * Says of an option that a gateway refuses where the user wrote it: on the command line, or in a file. Other errors stay as
 * they are.
 */
export function locate(error: unknown, command: Command, file: string | undefined): unknown {
  if (!(error instanceof SignpostError) || !('option' in error) || typeof error.option !== 'string')
    return error
  const path = kebabCase(error.option)
  const problem = error.message.slice(error.option.length + 2)
  const key = /^[\w-]*/.exec(path)?.[0] ?? ''
  const option = optionFor(command, OPTION_OF[`gateway.${key}`] ?? key)
  const source = option && command.getOptionValueSource(option.attributeName())
  if (option !== undefined && (source === 'cli' || source === 'env'))
    return new UsageError(`--${option.name()}: ${problem}`, { cause: error })
  return file === undefined
    ? error
    : new ConfigFileError(file, `gateway.${path}: ${problem}`, { cause: error })
}

function optionFor(command: Command, key: string): Option | undefined {
  return command.options.find(option => kebabCase(option.attributeName()) === key)
}

function valueOf({ parseArg }: Option, value: unknown, file: string, path: string): unknown {
  if (parseArg === undefined || typeof value === 'boolean') return value
  const texts = (Array.isArray(value) ? value : [value]) as readonly string[]
  let parsed: unknown
  for (const [at, text] of texts.entries())
    try {
      parsed = parseArg(text, parsed)
    } catch (cause) {
      if (!(cause instanceof SignpostError)) throw cause
      // The option's own name, which comes first in its error, is not what is written in the file.
      const problem = cause.message.replace(/^--[^:]*: /, '')
      throw new ConfigFileError(file, `${path}${Array.isArray(value) ? `[${at}]` : ''}: ${problem}`, {
        cause,
      })
    }
  return parsed
}
