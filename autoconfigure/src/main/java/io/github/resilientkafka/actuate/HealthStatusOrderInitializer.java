package io.github.resilientkafka.actuate;

import java.util.Map;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;

/**
 * Teaches Spring Boot's health endpoint where DEGRADED stands, where the user has set no status order: it shows in the
 * overall status, and answers with HTTP 200. The order of the other statuses is Spring Boot's own.
 */
final class HealthStatusOrderInitializer implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    private static final String NAME = "resilientKafkaHealthDefaults";

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        MutablePropertySources sources = context.getEnvironment().getPropertySources();
        if (context.getEnvironment().getProperty("resilient-kafka.enabled", Boolean.class, true)
                && !sources.contains(NAME)) {
            sources.addLast(new MapPropertySource(
                    NAME,
                    Map.of("management.endpoint.health.status.order", "DOWN,OUT_OF_SERVICE,DEGRADED,UP,UNKNOWN")));
        }
    }
}
