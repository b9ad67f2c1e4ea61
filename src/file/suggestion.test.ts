import { describe, expect, it } from 'vitest'
import { editDistance, nearest, suggestion } from './suggestion.ts'

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['balancer', 'balancers', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('%s → %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })
})

describe('nearest', () => {
  it('takes the nearest, the first of equals, and nothing that is far', () => {
    expect(nearest('wets', ['east', 'west'])).toBe('west')
    expect(nearest('prt', ['port', 'pit'])).toBe('port')
    expect(nearest('colour', ['port', 'protocol'])).toBeUndefined()
  })
})

describe('suggestion', () => {
  it('lists what is known where nothing is near, and says nothing where nothing is known', () => {
    expect(suggestion('x', ['west', 'east'], 'sites are')).toBe('sites are: west, east')
    expect(suggestion('x', [], 'sites are')).toBeUndefined()
    expect(suggestion('web', ['egress', 'shop/web', 'wed'], 'names are')).toBe("did you mean 'shop/web'?")
    expect(suggestion('web', ['shop/web', 'blog/web'], 'names are')).toBe('names are: shop/web, blog/web')
    const many = Array.from({ length: 20 }, (_, i) => `site${i}`)
    expect(suggestion('other', many, 'sites are')).toMatch(/site11, … and \d+ more$/)
  })
})
