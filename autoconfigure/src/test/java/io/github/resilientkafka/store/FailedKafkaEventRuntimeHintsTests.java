package io.github.resilientkafka.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.guest.Guest;
import io.github.resilientkafka.message.FailureKind;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.Advised;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.data.jpa.JpaRepositoriesAutoConfiguration;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.DecoratingProxy;
import org.springframework.data.repository.Repository;
import org.springframework.javapoet.ClassName;
import org.springframework.transaction.interceptor.TransactionalProxy;

class FailedKafkaEventRuntimeHintsTests {

    private final RuntimeHints hints = new RuntimeHints();

    FailedKafkaEventRuntimeHintsTests() {
        new FailedKafkaEventRuntimeHints().registerHints(this.hints, null);
    }

    @Test
    void hibernateMayCreateAndFillTheEntity() throws Exception {
        var reflection = RuntimeHintsPredicates.reflection();
        assertThat(reflection
                        .onConstructor(FailedKafkaEvent.class.getDeclaredConstructor())
                        .invoke())
                .accepts(this.hints);
        assertThat(reflection.onMethod(FailedKafkaEvent.class, "refuse").invoke())
                .accepts(this.hints);
        assertThat(FailedKafkaEvent.class.getDeclaredFields())
                .allSatisfy(field -> assertThat(reflection.onField(field)).accepts(this.hints));
        assertThat(reflection.onType(EventStatus.class)).accepts(this.hints);
        assertThat(reflection.onType(FailureKind.class)).accepts(this.hints);
    }

    @Test
    void theyAreFoundWhenAnApplicationIsProcessedAheadOfTime() {
        GenerationContext generation = new DefaultGenerationContext(
                new ClassNameGenerator(ClassName.get("aot", "Test")), new InMemoryGeneratedFiles());
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            TestPropertyValues.of("spring.application.name=shop", "spring.datasource.url=jdbc:h2:mem:aot")
                    .applyTo(context);
            context.register(Application.class);
            new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
        }

        assertThat(RuntimeHintsPredicates.proxies()
                        .forInterfaces(
                                FailedKafkaEventRepository.class,
                                Repository.class,
                                TransactionalProxy.class,
                                Advised.class,
                                DecoratingProxy.class))
                .accepts(generation.getRuntimeHints());
        assertThat(RuntimeHintsPredicates.resource()
                        .forResource(DatabaseVendor.H2.scripts() + SchemaMigration.SCRIPTS.get(0)))
                .accepts(generation.getRuntimeHints());
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackageClasses = Guest.class)
    @ImportAutoConfiguration({
        StoreAutoConfiguration.class,
        StoreJpaAutoConfiguration.class,
        DataSourceAutoConfiguration.class,
        HibernateJpaAutoConfiguration.class,
        JpaRepositoriesAutoConfiguration.class
    })
    static class Application {}
}
