package io.github.resilientkafka.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Gives a Spring test's application a PostgreSQL of its own: {@code spring.datasource.url}, {@code username} and
 * {@code password} point to it, and the {@link LocalPostgres} is a bean, so that the test can take it away and give it
 * back.
 *
 * <p>The server lives as long as the application context: tests with the same configuration, and so the same cached
 * context, share it. After each test it is started again if it left it in another state. Needs the server's binaries
 * ({@code io.zonky.test.postgres}) on the class path, and {@code spring-test}; no particular test framework.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
public @interface WithLocalPostgres {}
