/** Rules of a template of the product, each with the site that made it apply. */
import type { Match, Rule } from '../rule.ts'
import type { SiteView } from './site-view.ts'

export type TemplateRule = (
  view: SiteView,
  id: string,
  action: Rule['action'],
  match: Match,
  why: string,
) => Rule

/** Makes the rules of one template. */
export const templateRule =
  (name: string): TemplateRule =>
  (view, id, action, match, why) => ({
    id,
    action,
    match,
    origin: { kind: 'template', name, at: view.site.at },
    why,
  })
