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
export type Candidate = Schemas["CandidateInfo"];
export type FrameFinding = Schemas["FrameFindingInfo"];
export type Uncertainty = Schemas["UncertaintyInfo"];
export type Plan = Schemas["PlanInfo"];
export type Parcel = Schemas["ParcelInfo"];
export type Proposal = Schemas["ProposalInfo"];
export type ProposalRequest = Schemas["ProposalRequest"];
export type StatedPlace = Schemas["StatedPlaceInfo"];
export type RecordLine = Schemas["EventInfo"];
export type Defect = Schemas["DefectInfo"];
export type View = Schemas["ViewInfo"];
export type PlateKind = keyof View["plates"];
export type Drawing = Schemas["ViewDrawing"];
export type CityPoint = Schemas["CityPointInfo"];
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

export const getViews = (identifier: string) =>
  get("/api/submissions/{identifier}/views", { identifier });

export const getPlan = (identifier: string) =>
  get("/api/submissions/{identifier}/frame/plan", { identifier });
export const getParcels = (identifier: string) =>
  get("/api/submissions/{identifier}/parcel", { identifier });
export const getRecord = (identifier: string) =>
  get("/api/submissions/{identifier}/history", { identifier });

/** A point seen on the globe (degrees, ellipsoidal metres) in the city's coordinates. */
export async function cityPointAt([longitude, latitude, height]: readonly [
  number,
  number,
  number,
]): Promise<CityPoint> {
  const asked = new URLSearchParams({
    longitude: String(longitude),
    latitude: String(latitude),
    height: String(height),
  });
  return (await answer(`/api/city/point?${asked}`)).json() as Promise<CityPoint>;
}

/** A placement from pairs of points, or from the parcel when there are none; nothing is changed by asking. */
export const proposePlace = (identifier: string, asked: Partial<ProposalRequest>) =>
  send<Proposal>("POST", `${addressOf(identifier)}/frame/proposal`, asked);

/** State where a submission stands; it is judged again from there. */
export const statePlace = (identifier: string, place: string) =>
  send<Submission>("POST", `${addressOf(identifier)}/place`, { place });

/** Hand in the applicant's parcel; the submission is judged again with it. */
export async function handInParcel(identifier: string, file: File): Promise<Parcel[]> {
  const url = `${addressOf(identifier)}/parcel?file_name=${encodeURIComponent(file.name)}`;
  const body = {
    method: "PUT",
    body: file,
    headers: { "content-type": "application/octet-stream" },
  };
  return (await answer(url, body)).json() as Promise<Parcel[]>;
}

/** A control-line layer as GeoJSON. */
export async function getLayer(layer: Layer): Promise<unknown> {
  return (await answer(layer.url)).json();
}

/** Viewpoints, ridges and cones of sight as GeoJSON. */
export async function getSights(): Promise<unknown> {
  return (await answer("/api/city/views")).json();
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

function addressOf(identifier: string): string {
  return `/api/submissions/${encodeURIComponent(identifier)}`;
}

async function send<Body>(method: string, url: string, value: unknown): Promise<Body> {
  const headers = { "content-type": "application/json" };
  const response = await answer(url, { method, headers, body: JSON.stringify(value) });
  return response.json() as Promise<Body>;
}

async function answer(url: string, asked?: RequestInit): Promise<Response> {
  const response = await fetch(url, asked).catch(() => {
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
