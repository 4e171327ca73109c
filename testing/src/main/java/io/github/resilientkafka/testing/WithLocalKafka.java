package io.github.resilientkafka.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Gives a Spring test's application a Kafka of its own: {@code spring.kafka.bootstrap-servers} points to it, and the
 * {@link LocalKafka} is a bean, so that the test can take it away and give it back.
 *
 * <p>The brokers live as long as the application context: tests with the same configuration, and so the same cached
 * context, share them. After each test they are started again if it left them in another state. Needs
 * {@code org.apache.kafka:kafka_2.13} on the class path, and {@code spring-test}; no particular test framework.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
public @interface WithLocalKafka {

    /** The number of brokers. */
    int brokers() default 1;

    /** Properties of the brokers, each {@code name=value}: {@code auto.create.topics.enable=false}, for example. */
    String[] properties() default {};
}
