/** Where one looks from: flights, and a pose that can be written into an address. */
import {
  BoundingSphere,
  type Camera,
  Cartesian3,
  Cartographic,
  Math as CesiumMath,
  HeadingPitchRange,
} from "@cesium/engine";

/** Camera position in degrees and ellipsoidal metres, heading and pitch in degrees. */
export type Pose = [
  longitude: number,
  latitude: number,
  height: number,
  heading: number,
  pitch: number,
];
/** A sphere to look at: degrees, ellipsoidal metres. */
export type Target = { longitude: number; latitude: number; height: number; radius: number };

const FLIGHT_SECONDS = 1.2;
const RADII_AWAY = 3.2;
const LOOK_DOWN = CesiumMath.toRadians(-28);
const LOOK_NORTH_EAST = CesiumMath.toRadians(25);

/** Look at a sphere; resolves when the camera stands still. */
export function lookAt(camera: Camera, target: Target, flying: boolean): Promise<void> {
  const { longitude, latitude, height, radius } = target;
  const sphere = new BoundingSphere(Cartesian3.fromDegrees(longitude, latitude, height), radius);
  const offset = new HeadingPitchRange(LOOK_NORTH_EAST, LOOK_DOWN, radius * RADII_AWAY);
  return new Promise((done) => {
    camera.flyToBoundingSphere(sphere, {
      offset,
      duration: flying ? FLIGHT_SECONDS : 0,
      complete: done,
      cancel: done,
    });
  });
}

/** The pose, rounded to what the eye can tell apart. */
export function poseOf(camera: Camera): Pose {
  const { longitude, latitude, height } = camera.positionCartographic;
  const degrees = CesiumMath.toDegrees;
  const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
  return [
    rounded(degrees(longitude), 6),
    rounded(degrees(latitude), 6),
    rounded(height, 1),
    rounded(degrees(camera.heading), 1),
    rounded(degrees(camera.pitch), 1),
  ];
}

/** Stand in a pose. */
export function takePose(
  camera: Camera,
  [longitude, latitude, height, heading, pitch]: Pose,
): void {
  camera.setView({
    destination: Cartesian3.fromDegrees(longitude, latitude, height),
    orientation: {
      heading: CesiumMath.toRadians(heading),
      pitch: CesiumMath.toRadians(pitch),
      roll: 0,
    },
  });
}

/** Degrees and ellipsoidal metres of a point in Earth-centred coordinates. */
export function geographic(position: Cartesian3): [number, number, number] {
  const { longitude, latitude, height } = Cartographic.fromCartesian(position);
  return [CesiumMath.toDegrees(longitude), CesiumMath.toDegrees(latitude), height];
}
