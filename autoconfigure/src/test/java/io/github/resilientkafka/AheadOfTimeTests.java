package io.github.resilientkafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherProperties;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.health.HealthContributorAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.MetricsAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.metrics.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.context.annotation.Configurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.Compiled;
import org.springframework.core.test.tools.TestCompiler;

/**
 * An application with all of ours, processed ahead of time as for a native image, compiled, and started from the generated
 * code. That it also runs as a native image is not tried here.
 */
@CompileWithForkedClassLoader
class AheadOfTimeTests {

    private static final Class<?>[] SPRING_BOOTS = {
        KafkaAutoConfiguration.class,
        DataSourceAutoConfiguration.class,
        EndpointAutoConfiguration.class,
        HealthContributorAutoConfiguration.class,
        MetricsAutoConfiguration.class,
        CompositeMeterRegistryAutoConfiguration.class,
        SimpleMetricsExportAutoConfiguration.class
    };

    private final TestPropertyValues properties = TestPropertyValues.of(
            "spring.application.name=aot",
            "spring.kafka.bootstrap-servers=127.0.0.1:1",
            "spring.datasource.url=jdbc:h2:mem:aot;DB_CLOSE_DELAY=-1",
            "management.endpoints.web.exposure.include=kafkaevents");

    @Test
    @DisplayName("STYLE §2.26: the application starts from what was generated ahead of time, or says why it cannot")
    void startsFromGeneratedCode() {
        TestCompiler.forSystem().with(generate()).compile(compiled -> {
            start(compiled, "resilient-kafka.publisher.timeout=7s", context -> {
                context.refresh();
                assertThat(context.getBeansOfType(EventPublisher.class)).hasSize(1);
                assertThat(context.getBeansOfType(FailedEventRetryService.class))
                        .hasSize(1);
                assertThat(context.getBeansOfType(HealthIndicator.class)).containsKey("kafkaPublisherHealthIndicator");
                assertThat(context.containsBean("kafkaEventsEndpoint")).isTrue();
                assertThat(context.getBean(PublisherProperties.class).timeout()).isEqualTo(Duration.ofSeconds(7));
            });
            start(compiled, "resilient-kafka.publisher.timeout=0s", context -> assertThatThrownBy(context::refresh)
                    .hasRootCauseInstanceOf(ConfigurationException.class));
        });
    }

    @Test
    void hintsAreRegistered() {
        RuntimeHints hints = generate().getRuntimeHints();

        assertThat(RuntimeHintsPredicates.resource()
                        .forResource("io/github/resilientkafka/schema/h2/V1__failed_events_and_lanes.sql"))
                .accepts(hints);
        assertThat(RuntimeHintsPredicates.reflection().onType(PublisherProperties.class))
                .as("bound by its constructor")
                .accepts(hints);
        assertThat(hints.reflection().typeHints())
                .as("answers of the endpoint")
                .anyMatch(hint -> hint.getType().getName().endsWith("EventAnswers$Problem"));
    }

    private TestGenerationContext generate() {
        TestGenerationContext generation = new TestGenerationContext();
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.setClassLoader(new FilteredClassLoader("org.springframework.boot.health"));
        this.properties.applyTo(context);
        context.register(Configurations.getClasses(
                AutoConfigurations.of(SPRING_BOOTS), AutoConfigurations.of(AllAutoConfigurations.classes())));
        new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
        generation.writeGeneratedContent();
        return generation;
    }

    @SuppressWarnings("unchecked")
    private void start(Compiled compiled, String setting, Consumer<GenericApplicationContext> test) {
        try (GenericApplicationContext context = new GenericApplicationContext()) {
            this.properties.and(setting).applyTo(context);
            compiled.getInstance(ApplicationContextInitializer.class).initialize(context);
            test.accept(context);
        }
    }
}
