/** What the page knows and has chosen, and what changes it. */
import { computed, reactive, shallowReactive } from "vue";
import {
  ApiError,
  type City,
  type ElementInfo,
  type Finding,
  follow,
  getElement,
  getRecord,
  getReport,
  getSubmission,
  getViews,
  isOver,
  listSubmissions,
  type Problem,
  type RecordLine,
  type Report,
  type Submission,
  type View,
} from "../api/client";
import type { Limit } from "../scene/limits";

/** A city building that was clicked: the columns of its tile. */
export type Building = Record<string, unknown>;
export type Trouble = { problem: Problem | null };
export type Session = ReturnType<typeof createSession>;

export function createSession(city: City) {
  const state = reactive({
    submissions: [] as Submission[],
    current: null as string | null,
    finding: null as string | null,
    /** Code of the viewpoint whose picture is shown. */
    viewpoint: null as string | null,
  });
  // Reports and property sets are large and never change, so they are not made reactive inside.
  const shown = shallowReactive({
    report: null as Report | null,
    record: [] as RecordLine[],
    views: [] as View[],
    element: null as ElementInfo | null,
    building: null as Building | null,
    limit: null as Limit | null,
    trouble: null as Trouble | null,
  });
  const following = new Set<string>();

  const submission = computed(
    () => state.submissions.find((one) => one.id === state.current) ?? null,
  );
  const finding = computed(
    () => shown.report?.findings.find((one) => one.id === state.finding) ?? null,
  );

  const view = computed(() => shown.views.find((one) => one.viewpoint === state.viewpoint) ?? null);

  /** Keep the newest state of a submission. */
  function took(one: Submission) {
    const place = state.submissions.findIndex(({ id }) => id === one.id);
    if (place < 0) state.submissions.unshift(one);
    else state.submissions[place] = one;
    if (!isOver(one) && !following.has(one.id)) {
      following.add(one.id);
      follow(one.id, (changed) => {
        if (isOver(changed)) following.delete(changed.id); // it may be judged again
        took(changed);
        if (isOver(changed) && changed.id === state.current)
          void attempt(() => openReport(changed));
      });
    }
  }

  async function openReport(one: Submission) {
    const [report, record, views] = await Promise.all([
      one.state === "done" ? getReport(one.id) : null,
      getRecord(one.id),
      one.state === "done" ? getViews(one.id) : [],
    ]);
    if (state.current !== one.id) return;
    shown.report = report;
    shown.record = record;
    shown.views = views;
  }

  /** Run something that asks the server; when it fails, the page says so. */
  async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      shown.trouble = { problem: error.problem };
      return null;
    }
  }

  return {
    city,
    state,
    shown,
    submission,
    finding,
    view,
    attempt,
    took,

    /** Load the list, and follow what is not over yet. */
    async refresh() {
      const all = await attempt(listSubmissions);
      for (const one of [...(all ?? [])].reverse()) took(one);
    },

    /** Show a submission and its report. */
    async choose(identifier: string | null) {
      if (identifier === state.current) return;
      state.current = identifier;
      state.finding = state.viewpoint = null;
      shown.report = shown.element = shown.building = shown.limit = null;
      shown.record = [];
      shown.views = [];
      const one = submission.value;
      if (one) await attempt(() => openReport(one));
    },

    /** A submission is judged again: what was said of it before does not hold any more. */
    async judgedAgain(identifier: string, queued: Submission | null) {
      const one = queued ?? (await attempt(() => getSubmission(identifier)));
      if (!one) return;
      if (identifier === state.current) {
        state.finding = state.viewpoint = null;
        shown.report = shown.element = shown.building = shown.limit = null;
        shown.views = [];
      }
      took(one);
      if (isOver(one) && identifier === state.current) await attempt(() => openReport(one));
    },

    /** Choose a finding; its card replaces an element's. */
    chooseFinding(chosen: Finding | null) {
      state.finding = chosen?.id ?? null;
      state.viewpoint = null;
      shown.element = shown.building = shown.limit = null;
    },

    /** Choose an element of the submission by its GlobalId. */
    async chooseElement(globalId: string) {
      const identifier = state.current;
      if (identifier === null) return;
      const element = await attempt(() => getElement(identifier, globalId));
      if (state.current === identifier) {
        shown.element = element;
        shown.building = shown.limit = null;
      }
    },

    /** Show what is seen from a viewpoint; its card replaces a finding's. */
    chooseViewpoint(code: string) {
      state.viewpoint = code;
      state.finding = null;
      shown.element = shown.building = shown.limit = null;
    },

    chooseBuilding(building: Building | null) {
      shown.building = building;
      shown.element = shown.limit = null;
    },

    /** Choose a surface that limits heights. */
    chooseLimit(limit: Limit) {
      shown.limit = limit;
      shown.element = shown.building = null;
    },

    /** Step back: first the element, then the finding or the view. */
    clear() {
      if (shown.element || shown.building || shown.limit)
        shown.element = shown.building = shown.limit = null;
      else state.finding = state.viewpoint = null;
    },
  };
}
