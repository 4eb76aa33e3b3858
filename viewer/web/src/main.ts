import { createApp, h } from "vue";
import { getCity } from "./api/client";
import { language, preferredLanguage, t } from "./language";
import App from "./shell/App.vue";
import { readView } from "./shell/url-state";
import "./shell/theme.css";

language.value = readView(location.hash).language ?? preferredLanguage(navigator.languages);
try {
  const city = await getCity();
  createApp({ render: () => h(App, { city }) }).mount("#app");
} catch (error) {
  console.error(error);
  document.body.textContent = t("error_network");
}
