"use strict";
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#operations",
  validatorUrl: null, // Swagger's own validator is on the internet
  deepLinking: true,
  defaultModelsExpandDepth: 0,
});
