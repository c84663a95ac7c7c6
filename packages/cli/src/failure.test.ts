import { readFile } from 'node:fs/promises'
import { PublishConflictError, ZoneLossError } from '@signpost/node'
import { CommanderError } from 'commander'
import { expect, test } from 'vitest'
import { UsageError } from './errors.ts'
import { ExitCode, exitCodeOf } from './exit-code.ts'
import { failureOf, printFailure } from './failure.ts'
import { KeyNotFoundError } from './keys/errors.ts'
import { refusalOf } from './refusal.ts'
import { owner, signedZone } from './zones.test-support.ts'

const running = new AbortController().signal

test.each([
  ['USAGE', ExitCode.usage],
  ['INVALID_CONFIG', ExitCode.usage],
  // The service is started again after any other.
  ['NOT_THERE_YET', ExitCode.failure],
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

test('a refused publication is one line, what it is about, and what to do; programs get the parts', async () => {
  const alice = owner(1)
  const [base, theirs] = [
    await signedZone(alice, 'www A 192.0.2.1'),
    await signedZone(alice, 'www A 192.0.2.2'),
  ]
  const diff = ['- www 300 A 192.0.2.1', '+ www 300 A 192.0.2.2']
  const conflict = new PublishConflictError({
    zoneId: alice.zoneId,
    expected: 1,
    current: 2,
    base,
    theirs,
    diff,
  })
  const command = 'signpost publish a.zone --key alice'
  const retry = { command, diff: 'signpost diff alice', rebase: 'may help' } as const
  const refused = refusalOf(conflict, { ...retry, allTheSame: 'where the file has all of that' })
  const failure = failureOf(refused, running)!
  expect(printFailure(failure, false).split('\n')).toEqual([
    `signpost: ${conflict.message}`,
    '  - www 300 A 192.0.2.1',
    '  + www 300 A 192.0.2.2',
    'Next:',
    '  signpost diff alice                            what was changed elsewhere',
    '  signpost publish a.zone --key alice --rebase   makes the change again on top of sequence 2',
    '  signpost publish a.zone --key alice --base 2   where the file has all of that',
  ])
  const { error } = JSON.parse(printFailure(failure, true)) as { error: Record<string, unknown> }
  expect(error).toMatchObject({
    code: 'PUBLISH_CONFLICT',
    message: conflict.message,
    expected: 1,
    current: 2,
    base: { bytes: Buffer.from(base.bytes).toString('base64') },
    theirs: { bytes: Buffer.from(theirs.bytes).toString('base64') },
    lost: null,
    diff,
    obstacles: [],
  })
})

test('where nobody can tell what was changed, all of both is offered, and what it would change', () => {
  const conflict = new PublishConflictError({
    zoneId: owner(1).zoneId,
    expected: 0,
    current: 4,
    base: undefined,
    theirs: undefined,
    gap: 'nothing of it was published from this data directory before',
    diff: [],
  })
  const retry = {
    command: "signpost publish 'a b.zone' --key alice",
    diff: 'signpost diff alice',
    preview: "signpost diff alice 'a b.zone'",
    allTheSame: 'where the file has all of that',
  } as const
  const stepsOf = (rebase: 'given' | 'may help'): string[] =>
    printFailure(failureOf(refusalOf(conflict, { ...retry, rebase }), running)!, false)
      .split('\n')
      .slice(2)
      .map(line => line.trim().split('   ')[0]!)
  expect(stepsOf('may help')).toEqual([
    retry.preview,
    `${retry.command} --rebase --base 0`,
    `${retry.command} --base 4`,
  ])
  expect(stepsOf('given')[1]).toBe(`${retry.command} --base 0`)
})

test('a version that takes too much away is shown with what it takes, cut short where that is long', () => {
  const diff = Array.from({ length: 50 }, (_, at) => `- host-${at} 300 A 192.0.2.1`)
  const loss = new ZoneLossError(owner(1).zoneId, { sequence: 4, lost: 50, of: 60, diff })
  const command = 'signpost rollback alice 2'
  const retry = { command, diff: 'signpost diff alice', rebase: 'no help', allTheSame: '' } as const
  const failure = failureOf(refusalOf(loss, retry), running)!
  expect(failure).toMatchObject({ code: 'ZONE_LOSS', exitCode: ExitCode.failure })
  const lines = printFailure(failure, false).split('\n')
  expect(lines.slice(-3)).toEqual([
    '  … and 30 more lines',
    'Next:',
    '  signpost rollback alice 2 --force   where that is meant',
  ])
  expect(failure.data).toEqual({ sequence: 4, lost: 50, of: 60, diff })
})

test('what is no refusal stays what it is', () => {
  const error = new KeyNotFoundError('alice', [])
  expect(refusalOf(error, { command: '', diff: '', rebase: 'may help', allTheSame: '' })).toBe(error)
})
