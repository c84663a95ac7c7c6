import { expect, test } from 'vitest'
import { defaultDataDir } from './data-dir.ts'

test('data is where the system keeps the data of programs', () => {
  const home = '/home/alice'
  expect(defaultDataDir({ platform: 'linux', env: {}, home })).toBe('/home/alice/.local/share/signpost')
  expect(defaultDataDir({ platform: 'linux', env: { XDG_DATA_HOME: '/data' }, home })).toBe('/data/signpost')
  expect(defaultDataDir({ platform: 'linux', env: { XDG_DATA_HOME: 'data' }, home })).toBe(
    '/home/alice/.local/share/signpost',
  )
  expect(defaultDataDir({ platform: 'darwin', env: {}, home: '/Users/alice' })).toBe(
    '/Users/alice/Library/Application Support/signpost',
  )
  const windows = { platform: 'win32', home: 'C:\\Users\\alice' } as const
  expect(defaultDataDir({ ...windows, env: {} })).toBe('C:\\Users\\alice\\AppData\\Local\\signpost')
  expect(defaultDataDir({ ...windows, env: { LOCALAPPDATA: 'D:\\data' } })).toBe('D:\\data\\signpost')
})
