import { readFile } from 'node:fs/promises'
import { CommanderError } from 'commander'
import { expect, test } from 'vitest'
import { UsageError } from './errors.ts'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { failureOf, printFailure } from './failure.ts'
import { KeyNotFoundError } from './keys/errors.ts'

const running = new AbortController().signal

test.each([
  ['USAGE', ExitCode.usage],
  ['INVALID_CONFIG', ExitCode.usage],
  ['KEY_NOT_FOUND', ExitCode.notFound],
  ['NAME_NOT_FOUND', ExitCode.notFound],
  ['PUBLISH_FAILED', ExitCode.failure],
  ['ANYTHING_ELSE', ExitCode.failure],
])('%s ends the process with %d', (code, exitCode) => {
  expect(exitCodeOf(code)).toBe(exitCode)
})

test('an expected error is its message, or JSON with its code', () => {
  const failure = failureOf(new KeyNotFoundError('alice', ['bob']), running)
  expect(failure).toEqual({
    code: 'KEY_NOT_FOUND',
    message: 'there is no key "alice"; the keys are: bob',
    exitCode: ExitCode.notFound,
  })
  expect(printFailure(failure!, false)).toBe('signpost: there is no key "alice"; the keys are: bob')
  expect(JSON.parse(printFailure(failure!, true))).toEqual({
    error: { code: 'KEY_NOT_FOUND', message: 'there is no key "alice"; the keys are: bob' },
  })
})

test('an error of the system is what the system says, and where', async () => {
  const error: unknown = await readFile('/dev/null/file').catch((cause: unknown) => cause)
  expect(failureOf(error, running)).toEqual({
    code: 'ENOTDIR',
    message: 'open /dev/null/file: not a directory',
    exitCode: ExitCode.failure,
  })
})

test('anything else is called a bug, on one line, with the details apart', () => {
  const failure = failureOf(new TypeError('x is\n  not y'), running)
  expect(failure).toMatchObject({ code: 'BUG', exitCode: ExitCode.failure })
  expect(failure?.message).toContain('this is a bug in signpost: x is not y')
  expect(failure?.message).toContain('--log-level debug')
  expect(failure?.details).toContain('failure.test.ts')
})

test('what a signal broke off is no bug', () => {
  const stop = AbortSignal.abort()
  expect(failureOf(stop.reason, stop)).toMatchObject({ code: 'INTERRUPTED', exitCode: ExitCode.interrupted })
  expect(failureOf(new UsageError('wrong'), stop)).toMatchObject({ code: 'USAGE' })
})

test('help and version that were asked for are no failure', () => {
  expect(failureOf(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), running)).toBeUndefined()
  expect(
    failureOf(new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"), running),
  ).toEqual({
    code: 'USAGE',
    message: "unknown option '--x'",
    exitCode: ExitCode.usage,
  })
})
