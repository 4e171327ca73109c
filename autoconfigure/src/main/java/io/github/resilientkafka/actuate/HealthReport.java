package io.github.resilientkafka.actuate;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A health status with its details, before it becomes the {@code Health} of one Spring Boot generation or the other.
 *
 * @param status the status code
 * @param details what is shown with it
 */
record HealthReport(String status, Map<String, Object> details) {

    static final String UP = "UP";

    static final String DEGRADED = "DEGRADED";

    static final String DOWN = "DOWN";

    /**
     * Details in the order they were added; absent values are left out.
     */
    static final class Details {

        private final Map<String, Object> details = new LinkedHashMap<>();

        Details with(String name, @Nullable Object value) {
            if (value != null) {
                this.details.put(name, value);
            }
            return this;
        }

        HealthReport as(String status) {
            return new HealthReport(status, this.details);
        }
    }
}
