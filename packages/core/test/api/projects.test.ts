import t from 'tap'
import { projects } from '../../src/api/projects.ts'
import { scene } from './scene.ts'

t.test('projects are those of the configuration, in its order and with the wire’s names', async t => {
  const { call } = scene({
    projects: [
      {
        id: 10,
        title: 'Kites',
        description: 'Paper that flies',
        image: 'https://example.com/kite.png',
        link: 'https://kites.example.com',
        isNew: true,
        directRedirect: false,
        publishedAt: new Date('2026-01-01T12:00:00Z'),
        categories: [{ id: 2, name: 'Toys' }],
      },
      {
        id: 3,
        title: 'Boats',
        description: '',
        image: undefined,
        link: '/boats',
        isNew: false,
        directRedirect: true,
        publishedAt: undefined,
        categories: [],
      },
    ],
  })
  const { status, body } = await call(projects)

  t.equal(status, 200)
  t.strictSame(body, {
    status: 'success',
    message: 'Projects retrieved successfully.',
    data: {
      projects: [
        {
          id: 10,
          title: 'Kites',
          description: 'Paper that flies',
          image: 'https://example.com/kite.png',
          link: 'https://kites.example.com',
          is_new: true,
          direct_redirect: false,
          published_at: '2026-01-01T12:00:00.000Z',
          categories: [{ id: 2, name: 'Toys' }],
        },
        {
          id: 3,
          title: 'Boats',
          description: '',
          image: null,
          link: '/boats',
          is_new: false,
          direct_redirect: true,
          published_at: null,
          categories: [],
        },
      ],
    },
  })
})

t.test('without configured projects the list is empty', async t => {
  const { body } = await scene().call(projects)

  t.strictSame(body.data, { projects: [] })
})

t.test('projects are open to everybody', async t => {
  t.equal(projects.guard, undefined)
  t.equal(projects.method, 'GET')
})
