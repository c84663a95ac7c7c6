import type { Name } from '@signpost/dns'
import type { Upstream } from './upstream.ts'

/** Domains that are asked of servers of their own. */
export interface Route {
  /** These and all names below them. */
  readonly domains: readonly Name[]
  /** In the order in which they are tried; none: the names are refused. */
  readonly upstreams: readonly Upstream[]
}

/** The route that a name takes; undefined where it has none of its own. */
export type RouteOf = (name: Name) => Route | undefined

/** Of routes whose domains lie below one another, the longest domain counts. */
export function createRouteOf(routes: readonly Route[]): RouteOf {
  const byDomain = new Map<string, Route>()
  for (const route of routes) for (const domain of route.domains) byDomain.set(domain.key, route)
  if (byDomain.size === 0) return () => undefined
  return name => {
    for (let at = name; ; at = at.parent) {
      const route = byDomain.get(at.key)
      if (route !== undefined || at.isRoot) return route
    }
  }
}

/** Whether a name is refused, since nobody is there to be asked for it. */
export function createIsRefused({
  upstreams,
  routes,
}: {
  readonly upstreams: 'system' | readonly Upstream[]
  readonly routes: readonly Route[]
}): (name: Name) => boolean {
  const routeOf = createRouteOf(routes)
  return name => (routeOf(name)?.upstreams ?? upstreams).length === 0
}
