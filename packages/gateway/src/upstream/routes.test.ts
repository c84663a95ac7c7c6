import { parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { type Route, createIsRefused, createRouteOf } from './routes.ts'
import { parseUpstream } from './upstream.ts'

function route(upstream: string, ...domains: string[]): Route {
  return { domains: domains.map(text => parseName(text)), upstreams: [parseUpstream(upstream, 'x')] }
}

const routeOf = createRouteOf([
  route('192.0.2.1', 'corp.example', '10.in-addr.arpa'),
  route('192.0.2.2', 'lab.corp.example'),
])

test.each([
  ['corp.example', '192.0.2.1'],
  ['www.Corp.Example', '192.0.2.1'],
  ['lab.corp.example', '192.0.2.2'],
  ['a.b.lab.corp.example', '192.0.2.2'],
  ['xlab.corp.example', '192.0.2.1'],
  ['4.3.2.10.in-addr.arpa', '192.0.2.1'],
  ['example', undefined],
  ['notcorp.example', undefined],
  ['.', undefined],
])('%s goes to %s', (name, upstream) => {
  expect(routeOf(parseName(name))?.upstreams[0]?.host).toBe(upstream)
})

test('the root takes what no other route has', () => {
  const all = createRouteOf([route('192.0.2.1', '.'), route('192.0.2.2', 'example')])
  expect(all(parseName('test'))?.upstreams[0]?.host).toBe('192.0.2.1')
  expect(all(parseName('www.example'))?.upstreams[0]?.host).toBe('192.0.2.2')
})

test('without routes, no name has one', () => {
  expect(createRouteOf([])(parseName('example'))).toBeUndefined()
})

test('a name is refused where neither its route nor, without one, the gateway has an upstream', () => {
  const nobody = { domains: [parseName('blocked.example')], upstreams: [] }
  const routes = [nobody, route('192.0.2.1', 'but.blocked.example')]
  const refused = (upstreams: 'system' | []): boolean[] =>
    ['www.blocked.example', 'www.but.blocked.example', 'www.example'].map(name =>
      createIsRefused({ upstreams, routes })(parseName(name)),
    )
  expect(refused('system')).toEqual([true, false, false])
  expect(refused([])).toEqual([true, false, true])
})
