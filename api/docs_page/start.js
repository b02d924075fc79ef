// A file of its own: the page may not hold scripts (Content-Security-Policy).
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
