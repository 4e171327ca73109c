package io.github.resilientkafka.publisher;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.header.Headers;

/**
 * Writes the current span's context in the application's own format: {@code traceparent}, {@code b3} or whatever its
 * propagator knows.
 */
final class MicrometerTraceContext implements TraceContext {

    private static final Propagator.Setter<Headers> IF_MISSING = (headers, name, value) -> {
        if (headers.lastHeader(name) == null) {
            headers.add(name, value.getBytes(StandardCharsets.UTF_8));
        }
    };

    private final Tracer tracer;

    private final Propagator propagator;

    private final List<String> fields;

    MicrometerTraceContext(Tracer tracer, Propagator propagator) {
        this.tracer = tracer;
        this.propagator = propagator;
        this.fields = List.copyOf(propagator.fields());
    }

    /**
     * One header of the application's own keeps all of ours out: a context put together from two would be neither.
     */
    @Override
    public void addTo(Headers headers) {
        Span span = this.tracer.currentSpan();
        if (span != null && !isPropagatedByTheApplication(headers)) {
            this.propagator.inject(span.context(), headers, IF_MISSING);
        }
    }

    private boolean isPropagatedByTheApplication(Headers headers) {
        for (String field : this.fields) {
            if (headers.lastHeader(field) != null) {
                return true;
            }
        }
        return false;
    }
}
