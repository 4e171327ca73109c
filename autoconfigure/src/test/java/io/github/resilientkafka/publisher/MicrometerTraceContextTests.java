package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import io.micrometer.tracing.test.simple.SimpleTracer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class MicrometerTraceContextTests {

    private final SimpleTracer tracer = new SimpleTracer();

    private final MicrometerTraceContext context = new MicrometerTraceContext(this.tracer, new TwoFields());

    private final Headers headers = new RecordHeaders();

    @Test
    void theCurrentSpanIsWritten() {
        Span span = this.tracer.nextSpan().start();
        try (Tracer.SpanInScope scope = this.tracer.withSpan(span)) {
            this.context.addTo(this.headers);
        }

        assertThat(text("traceparent")).isEqualTo(span.context().traceId());
        assertThat(text("tracestate")).isEqualTo(span.context().spanId());
    }

    @Test
    void withoutASpanNothingIsWritten() {
        this.context.addTo(this.headers);

        assertThat(this.headers).isEmpty();
    }

    @Test
    void aContextOfTheApplicationsOwnIsNotMixedWithOurs() {
        this.headers.add("tracestate", "mine".getBytes(StandardCharsets.UTF_8));
        try (Tracer.SpanInScope scope =
                this.tracer.withSpan(this.tracer.nextSpan().start())) {
            this.context.addTo(this.headers);
        }

        assertThat(this.headers).extracting(Header::key).containsExactly("tracestate");
        assertThat(text("tracestate")).isEqualTo("mine");
    }

    private String text(String name) {
        return new String(this.headers.lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static final class TwoFields implements Propagator {

        @Override
        public List<String> fields() {
            return List.of("traceparent", "tracestate");
        }

        @Override
        public <C> void inject(TraceContext context, C carrier, Setter<C> setter) {
            setter.set(carrier, "traceparent", context.traceId());
            setter.set(carrier, "tracestate", context.spanId());
        }

        @Override
        public <C> Span.Builder extract(C carrier, Getter<C> getter) {
            throw new UnsupportedOperationException();
        }
    }
}
