/** Tilesets of the city and of a submission, and the light they stand in. */
import {
  Cartesian2,
  Cartesian3,
  Cesium3DTileset,
  ImageBasedLighting,
  type Scene,
} from "@cesium/engine";

const AMBIENT = 0.75;

export type TilesetOptions = {
  /** Whether control lines lie on it. */
  carriesLines?: boolean;
  /** Pixels of error that are allowed; smaller is sharper. */
  pixels?: number;
};

/** Load a tileset and put it into the scene. */
export async function addTileset(
  scene: Scene,
  url: string,
  { carriesLines = false, pixels = 8 }: TilesetOptions = {},
): Promise<Cesium3DTileset> {
  const tileset = await Cesium3DTileset.fromUrl(url, {
    ...(carriesLines ? { scene } : {}),
    // Computing a sky to mirror costs more than everything else together.
    environmentMapOptions: { enabled: false },
    maximumScreenSpaceError: pixels,
    dynamicScreenSpaceError: false,
  });
  tileset.imageBasedLighting = evenLight();
  scene.primitives.add(tileset);
  return tileset;
}

/** The same soft light from everywhere, so that no side of a building is black. */
function evenLight(): ImageBasedLighting {
  const lighting = new ImageBasedLighting();
  lighting.imageBasedLightingFactor = new Cartesian2(1, 0);
  lighting.sphericalHarmonicCoefficients = [
    new Cartesian3(AMBIENT, AMBIENT, AMBIENT),
    ...Array.from({ length: 8 }, () => new Cartesian3()),
  ];
  return lighting;
}
