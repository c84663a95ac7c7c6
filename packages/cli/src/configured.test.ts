import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Configured, beginConfigured } from './configured.ts'
import type { Streams } from './terminal.ts'
import { type GatewayFlags, withCommonOptions, withGatewayOptions } from './options.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-configured-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function begin(
  words: readonly string[],
  input = '',
  stop: AbortSignal = new AbortController().signal,
): Promise<Configured<GatewayFlags>> {
  const stdin = new PassThrough()
  const streams = { stdin, stdout: new PassThrough(), stderr: new PassThrough() } as unknown as Streams
  if (stop.aborted) stdin.write(input)
  else stdin.end(input)
  const command = withGatewayOptions(withCommonOptions(new Command('up'))).action(() => {})
  command.exitOverride().parse(['--data', directory, ...words], { from: 'user' })
  return beginConfigured({ streams, env: {}, stop }, command)
}

test('a file is read again as it is by then', async () => {
  const file = join(directory, 'signpost.toml')
  await writeFile(file, '[gateway]\nsuffixes = ["one.example"]\n')
  const { config, reread } = await begin(['--config', file])
  expect(config.gateway?.suffixes).toEqual(['one.example'])
  await writeFile(file, '[gateway]\nsuffixes = ["two.example"]\nhosts = false\n')
  expect(await reread()).toMatchObject({
    flags: { suffix: ['two.example'] },
    config: { gateway: { hosts: false } },
  })
})

test('a file that has become empty does not stand for all defaults', async () => {
  const file = join(directory, 'signpost.toml')
  await writeFile(file, '[gateway]\nhosts = false\n')
  const { reread } = await begin(['--config', file])
  for (const text of ['', '# later\n', '[gateway]\n']) {
    await writeFile(file, text)
    await expect(reread()).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(`${file}: it is empty, which it was not before`),
    })
  }
  const { reread: rereadEmpty } = await begin(['--config', file])
  expect((await rereadEmpty()).config).toEqual({ gateway: {} })
})

test('what came over standard input, and what is in no file, cannot be read again', async () => {
  const { config, reread } = await begin(['--config', '-'], '[gateway]\nhosts = false\n')
  expect(config).toEqual({ gateway: { hosts: false } })
  await expect(reread()).rejects.toThrow('standard input, which cannot be read again')
  await expect((await begin([])).reread()).rejects.toThrow('without a configuration file')
})

test('whoever is asked to stop does not wait for a configuration that never comes', async () => {
  await expect(begin(['--config', '-'], '[gateway]', AbortSignal.abort())).rejects.toMatchObject({
    code: 'INTERRUPTED',
  })
})
