import { Command } from 'commander'
import { expect, test } from 'vitest'
import { type GatewayFlags, type NodeFlags, withGatewayOptions, withNodeOptions } from '../options.ts'
import { InvalidConfigError } from '@signpost/dns'
import { applyConfig, locate } from './apply.ts'
import { parseConfig } from './config-file.ts'

function flagsFor(text: string, ...words: readonly string[]): NodeFlags & GatewayFlags {
  const command = withGatewayOptions(withNodeOptions(new Command('up'), 'server'))
  let flags: (NodeFlags & GatewayFlags) | undefined
  command.action(() => {
    applyConfig(command, 'signpost.toml', parseConfig('signpost.toml', text))
    flags = command.opts()
  })
  command.exitOverride().parse([...words], { from: 'user' })
  return flags!
}

const text = `
[gateway]
listen = ["127.0.0.1:53", "[::1]:53"]
suffixes = ["names.example"]
[node]
networks = ["lan", "private:home"]
mdns = false
relay = "use"
`

test('what a file says is read as if it stood on the command line', () => {
  expect(flagsFor(text)).toMatchObject({
    dns: [
      { host: '127.0.0.1', port: 53 },
      { host: '::1', port: 53 },
    ],
    network: [{ kind: 'lan' }, { kind: 'private', name: 'home' }],
    mdns: false,
    push: true,
    relay: 'use',
  })
})

test('what stands on the command line comes before the file', () => {
  expect(flagsFor(text, '--dns', '127.0.0.1:5301', '--relay', 'none')).toMatchObject({
    dns: [{ host: '127.0.0.1', port: 5301 }],
    relay: 'none',
    mdns: false,
  })
  expect(flagsFor('[node]\nmdns = true\n', '--no-mdns').mdns).toBe(false)
})

test('an error says where in the file it is', () => {
  expect(() => flagsFor('[gateway]\nlisten = ["127.0.0.1:53", "localhost:53"]\n')).toThrow(
    /^signpost\.toml: gateway\.listen\[1\]: "localhost:53" names a host/,
  )
  expect(() => flagsFor('[node]\nnetworks = ["wan"]\n')).toThrow(/^signpost\.toml: node\.networks\[0\]: /)
})

test('what a gateway refuses is said of where the user wrote it', () => {
  const command = withGatewayOptions(new Command('gateway').action(() => {}))
  command.exitOverride().parse(['--upstream', 'system'], { from: 'user' })
  const said = (option: string, file?: string): unknown =>
    (locate(new InvalidConfigError(option, 'it is wrong'), command, file) as Error).message
  expect(said('limits.tcpIdle', 'a.toml')).toBe('a.toml: gateway.limits.tcp-idle: it is wrong')
  expect(said('upstreamCa', 'a.toml')).toBe('a.toml: gateway.upstream-ca: it is wrong')
  expect(said('upstreams[1]', 'a.toml')).toBe('--upstream: it is wrong')
  expect(said('upstreams[1]')).toBe('--upstream: it is wrong')
  expect(said('limits.tcpIdle')).toBe('limits.tcpIdle: it is wrong')
  const other = new TypeError('a bug')
  expect(locate(other, command, 'a.toml')).toBe(other)
})
