/** The server's answers, typed by its OpenAPI contract. */
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type City = Schemas["CityInfo"];
export type Layer = Schemas["LayerInfo"];
export type Submission = Schemas["Submission"];
export type Report = Schemas["ReportInfo"];
export type Finding = Schemas["FindingInfo"];
export type Outcome = Finding["outcome"];
export type Focus = Schemas["Focus"];
export type ElementInfo = Schemas["ElementInfo"];
export type FrameInfo = Schemas["FrameInfo"];
export type Problem = Schemas["Problem"];

/** The server refused; `problem` says why in both languages, null when it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.reason.en ?? `status ${status}`);
  }
}

export const getCity = () => get("/api/city");
export const listSubmissions = () => get("/api/submissions");
export const getSubmission = (identifier: string) =>
  get("/api/submissions/{identifier}", { identifier });
export const getReport = (identifier: string) =>
  get("/api/submissions/{identifier}/report", { identifier });
export const getElement = (identifier: string, global_id: string) =>
  get("/api/submissions/{identifier}/elements/{global_id}", { identifier, global_id });

/** A control-line layer as GeoJSON. */
export async function getLayer(layer: Layer): Promise<unknown> {
  return (await answer(layer.url)).json();
}

/** Address of a file the review has made. */
export function fileUrl(
  identifier: string,
  name: "report.json" | "report.html",
  query = "",
): string {
  return `/api/submissions/${encodeURIComponent(identifier)}/${name}${query}`;
}

/** Hand in a model; `progress` hears the share sent, 0 to 1. */
export function handIn(file: File, progress: (share: number) => void): Promise<Submission> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/submissions?file_name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onerror = () => failed(new ApiError(0, null));
    request.onload = () => {
      if (request.status === 201) done(JSON.parse(request.responseText) as Submission);
      else failed(new ApiError(request.status, problemOf(request.responseText)));
    };
    request.send(file);
  });
}

/** Hear of each change of a submission until it is done or failed; returns how to stop listening. */
export function follow(identifier: string, changed: (submission: Submission) => void): () => void {
  const events = new EventSource(`/api/submissions/${encodeURIComponent(identifier)}/events`);
  events.addEventListener("progress", (event) => {
    const submission = JSON.parse((event as MessageEvent<string>).data) as Submission;
    if (isOver(submission)) events.close();
    changed(submission);
  });
  return () => events.close();
}

/** Whether nothing more will happen to a submission. */
export function isOver(submission: Submission): boolean {
  return submission.state === "done" || submission.state === "failed";
}

type Answer<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

async function get<P extends keyof paths>(
  path: P,
  parameters: Record<string, string> = {},
): Promise<Answer<P>> {
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(parameters[name] ?? ""),
  );
  return (await answer(url)).json() as Promise<Answer<P>>;
}

async function answer(url: string): Promise<Response> {
  const response = await fetch(url).catch(() => {
    throw new ApiError(0, null);
  });
  if (!response.ok) throw new ApiError(response.status, problemOf(await response.text()));
  return response;
}

function problemOf(body: string): Problem | null {
  try {
    return (JSON.parse(body) as Schemas["ProblemAnswer"]).error;
  } catch {
    return null;
  }
}
