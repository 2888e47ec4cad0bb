import type { Context } from '../context/context.ts'
import type { OpenEndpoint } from '../context/endpoint.ts'
import { successEnvelope } from '../http/envelope.ts'
import type { HttpResponse } from '../http/response.ts'
import type { Project } from '../model/application.ts'

/** `GET /api/global/projects`: the host’s projects (option `projects`), in the order in which it gave them. */
export const projects: OpenEndpoint = {
  method: 'GET',
  path: '/api/global/projects',
  body: 'none',
  failure: 'envelope',
  handle: listProjects,
}

function listProjects({ config }: Context): HttpResponse {
  return successEnvelope('Projects retrieved successfully.', { projects: config.projects.map(projectBody) })
}

function projectBody(project: Project) {
  return {
    id: project.id,
    title: project.title,
    description: project.description,
    image: project.image ?? null,
    link: project.link,
    is_new: project.isNew,
    direct_redirect: project.directRedirect,
    published_at: project.publishedAt?.toISOString() ?? null,
    categories: project.categories.map(({ id, name }) => ({ id, name })),
  }
}
